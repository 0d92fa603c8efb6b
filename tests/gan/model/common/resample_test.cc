#include "gan/model/common/resample.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F64;
using testing::NormalF64;

// The blur [1,2,1] (x) [1,2,1] / 16 with replicated edges, a factor of the annotated filters.
Tensor Smooth(const Tensor& x) {
  FirParams blur;
  blur.filter = {0.25f, 0.5f, 0.25f};
  blur.pad0 = blur.pad1 = 1;
  blur.edge = EdgeMode::kReplicate;
  return UpFirDn2d(x, MakeUpFirDn(blur));
}

class ResampleParity : public ::testing::TestWithParam<Device> {
 protected:
  const Resampler resampler_{ModelConfig()};
};

INSTANTIATE_TEST_SUITE_P(Devices, ResampleParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(ResampleParity, SmoothIsPyTorchs) {
  for (const char* size : {"1x1", "4x4", "6x10", "5x7"}) {
    testing::GoldenCase golden(std::string("smooth_") + size, GetParam());
    golden.ExpectMatches(Smooth(golden.Input("x")));
  }
}

TEST_P(ResampleParity, UpIsPyTorchs) {
  for (const char* size : {"1x1", "4x4", "6x10", "5x7"}) {
    testing::GoldenCase golden(std::string("up_sample_") + size, GetParam());
    golden.ExpectMatches(resampler_.Up(golden.Input("x")));
  }
}

TEST_P(ResampleParity, DownIsPyTorchs) {
  for (const char* size : {"2x2", "4x4", "6x10"}) {
    testing::GoldenCase golden(std::string("down_sample_") + size, GetParam());
    golden.ExpectMatches(resampler_.Down(golden.Input("x")));
  }
}

Resampler Fir() {
  ModelConfig config;
  config.resample = Resampling::kFir;
  return Resampler(config);
}

using Matrix = std::vector<std::vector<double>>;

// The definition along the columns of a matrix: insert zeros, pad with zeros, filter with [1,3,3,1] gain / 8, keep
// every `down`th. Returns the transposed result, so applying the function twice treats both axes.
Matrix FilterColumns(const Matrix& x, int up, int down, int pad0, int pad1, double gain) {
  const double filter[] = {1 * gain / 8, 3 * gain / 8, 3 * gain / 8, 1 * gain / 8};
  const int rows = static_cast<int>(x.size()), columns = static_cast<int>(x[0].size());
  Matrix result(columns);
  for (int c = 0; c < columns; ++c) {
    std::vector<double> padded(pad0 + rows * up + pad1, 0.0);
    for (int r = 0; r < rows; ++r) padded[pad0 + r * up] = x[r][c];
    for (size_t begin = 0; begin + 4 <= padded.size(); begin += down) {
      double sum = 0;
      for (int t = 0; t < 4; ++t) sum += filter[t] * padded[begin + t];
      result[c].push_back(sum);
    }
  }
  return result;
}

void ExpectMatrix(const Tensor& got, const Matrix& want) {
  EXPECT_EQ(got.shape(), Shape({1, static_cast<int64_t>(want.size()), static_cast<int64_t>(want[0].size()), 1}));
  std::vector<double> values;
  for (const std::vector<double>& row : want) values.insert(values.end(), row.begin(), row.end());
  testing::ExpectValues(got, values, 1e-14);
}

const Matrix kImage = {{1, -2, 3, 5}, {7, 11, -13, 17}, {0, 1, 0, 0}, {2, 4, 8, -6}, {9, -9, 9, 1}, {3, 3, 1, 2}};

Tensor Image() {
  std::vector<double> values;
  for (const std::vector<double>& row : kImage) values.insert(values.end(), row.begin(), row.end());
  return F64({1, 6, 4, 1}, values);
}

TEST(Resample, FirUpInsertsZerosAndFilters) {
  ExpectMatrix(Fir().Up(Image()), FilterColumns(FilterColumns(kImage, 2, 1, 2, 1, 2), 2, 1, 2, 1, 2));
}

TEST(Resample, FirDownFiltersAndDropsEverySecond) {
  ExpectMatrix(Fir().Down(Image()), FilterColumns(FilterColumns(kImage, 1, 2, 1, 1, 1), 1, 2, 1, 1, 1));
}

TEST(Resample, FirAfterATransposedConvolutionHasTheGainOfTwoPerAxis) {
  ExpectMatrix(Fir().AfterTransposedConv(Image()), FilterColumns(FilterColumns(kImage, 1, 1, 1, 1, 2), 1, 1, 1, 1, 2));
}

TEST(Resample, FirBeforeAStridedConvolutionAddsOneSample) {
  ExpectMatrix(Fir().BeforeStridedConv(Image()), FilterColumns(FilterColumns(kImage, 1, 1, 2, 2, 1), 1, 1, 2, 2, 1));
}

TEST(Resample, FitsConvolutionsOfThreeWithBothFilters) {
  for (const Resampler& resampler : {Resampler(ModelConfig()), Fir()}) {
    EXPECT_EQ(resampler.AfterTransposedConv(NormalF64({2, 9, 13, 3}, 1)).shape(), Shape({2, 8, 12, 3}));
    EXPECT_EQ(resampler.BeforeStridedConv(NormalF64({2, 8, 12, 3}, 1)).shape(), Shape({2, 9, 13, 3}));
  }
}

TEST(Resample, KeepsConstantsAwayFromTheEdge) {
  const Tensor ones = Tensor::Full({1, 8, 8, 1}, 1, DType::kF64, Device::Ref());
  for (const Resampler& resampler : {Resampler(ModelConfig()), Fir()}) {
    EXPECT_NEAR(testing::Values(resampler.Up(ones))[8 * 16 + 8], 1, 1e-14);
    EXPECT_NEAR(testing::Values(resampler.Down(ones))[2 * 4 + 2], 1, 1e-14);
  }
  // Replicated edges preserve the ones everywhere; zero padding darkens the edge.
  testing::ExpectValues(Resampler(ModelConfig()).Up(ones), std::vector<double>(256, 1), 1e-14);
  testing::ExpectValues(Resampler(ModelConfig()).Down(ones), std::vector<double>(16, 1), 1e-14);
  testing::ExpectValues(Smooth(ones), std::vector<double>(64, 1), 1e-14);
  EXPECT_LT(testing::Values(Fir().Down(ones))[0], 0.9);
}

TEST(Resample, DifferentiatesToSecondOrder) {
  for (const Resampler& resampler : {Resampler(ModelConfig()), Fir()}) {
    EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return resampler.Up(x[0]); },
                                        {NormalF64({2, 2, 3, 2}, 1)}));
    EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return resampler.Down(x[0]); },
                                        {NormalF64({2, 4, 6, 2}, 1)}));
    EXPECT_TRUE(
        testing::CheckGradients([&](const std::vector<Tensor>& x) { return resampler.AfterTransposedConv(x[0]); },
                                {NormalF64({2, 5, 7, 2}, 1)}));
    EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return resampler.BeforeStridedConv(x[0]); },
                                        {NormalF64({2, 4, 6, 2}, 1)}));
  }
  EXPECT_TRUE(
      testing::CheckGradients([](const std::vector<Tensor>& x) { return Smooth(x[0]); }, {NormalF64({2, 3, 4, 2}, 1)}));
}

}  // namespace
}  // namespace sg::gan
