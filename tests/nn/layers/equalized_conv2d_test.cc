#include "nn/layers/equalized_conv2d.h"

#include <optional>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::NormalF64;
using testing::RefF64;

class EqualizedConv2dParity : public ::testing::TestWithParam<Device> {
 protected:
  void Check(const char* name, int64_t kernel, int64_t padding) {
    testing::GoldenCase golden(name, GetParam());
    EqualizedConv2d conv({5, 6, kernel, padding, /*stride=*/1, /*bias=*/1}, golden.init());
    golden.Fill(Parameters(conv));
    golden.ExpectMatches(conv.Forward(golden.Input("x")));
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, EqualizedConv2dParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(EqualizedConv2dParity, OfOnePixelIsPyTorchs) { Check("equalized_conv2d_1x1", 1, 0); }
TEST_P(EqualizedConv2dParity, PaddedIsPyTorchs) { Check("equalized_conv2d_3x3_pad1", 3, 1); }
TEST_P(EqualizedConv2dParity, WithoutPaddingIsPyTorchs) { Check("equalized_conv2d_3x3_pad0", 3, 0); }

TEST(EqualizedConv2d, NamesItsParametersAndStartsWithTheGivenBias) {
  RandomStream random;
  EqualizedConv2d conv({3, 2, /*kernel=*/5, /*padding=*/2, /*stride=*/1, /*bias=*/1}, RefF64(&random));
  const std::vector<NamedTensor> parameters = Parameters(conv);
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "weight.weight");
  EXPECT_EQ(parameters[0].tensor.shape(), Shape({2, 5, 5, 3}));
  EXPECT_EQ(parameters[1].name, "bias");
  testing::ExpectValues(parameters[1].tensor, {1, 1});
}

TEST(EqualizedConv2d, ActivationIsAGainTimesALeakyRelu) {
  RandomStream random;
  const EqualizedConv2d conv({3, 2, /*kernel=*/3, /*padding=*/1, /*stride=*/1, /*bias=*/0}, RefF64(&random));
  const Tensor x = NormalF64({1, 4, 5, 3}, 1);
  testing::ExpectSameValues(conv.Forward(x, {/*slope=*/0.2, /*gain=*/3}), Scale(LeakyRelu(conv.Forward(x), 0.2), 3),
                            1e-14);
}

TEST(EqualizedConv2d, CanDoWithoutABias) {
  RandomStream random, same;
  EqualizedConv2d without({3, 2, /*kernel=*/1, /*padding=*/0, /*stride=*/1, /*bias=*/std::nullopt}, RefF64(&random));
  const EqualizedConv2d zero({3, 2, /*kernel=*/1, /*padding=*/0, /*stride=*/1, /*bias=*/0}, RefF64(&same));
  const std::vector<NamedTensor> parameters = Parameters(without);
  ASSERT_EQ(parameters.size(), 1u);
  EXPECT_EQ(parameters[0].name, "weight.weight");
  const Tensor x = NormalF64({1, 4, 5, 3}, 1);
  testing::ExpectSameValues(without.Forward(x), zero.Forward(x));
}

TEST(EqualizedConv2d, AStrideKeepsEverySecondResult) {
  RandomStream random, same;
  const EqualizedConv2d dense({3, 2, /*kernel=*/3, /*padding=*/0, /*stride=*/1, /*bias=*/1}, RefF64(&random));
  const EqualizedConv2d strided({3, 2, /*kernel=*/3, /*padding=*/0, /*stride=*/2, /*bias=*/1}, RefF64(&same));
  const Tensor x = NormalF64({1, 5, 7, 3}, 1);
  const std::vector<double> all = testing::Values(dense.Forward(x));  // [1,3,5,2]
  std::vector<double> want;
  for (int h = 0; h < 3; h += 2) {
    for (int w = 0; w < 5; w += 2) {
      for (int c = 0; c < 2; ++c) want.push_back(all[(h * 5 + w) * 2 + c]);
    }
  }
  const Tensor y = strided.Forward(x);
  EXPECT_EQ(y.shape(), Shape({1, 2, 3, 2}));
  testing::ExpectValues(y, want, 1e-14);
}

TEST(EqualizedConv2d, DifferentiatesToSecondOrder) {
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<EqualizedConv2d>(
      EqualizedConv2d({2, 3, /*kernel=*/3, /*padding=*/1, /*stride=*/1, /*bias=*/0}, RefF64(&random)),
      {NormalF64({2, 3, 4, 2}, 1)}, [](const EqualizedConv2d& m, const testing::Tensors& in) {
        return m.Forward(in[0], {0.2, 1.5});
      }));
}

TEST(EqualizedConv2d, ReturnsTheActivationDtypeAndKeepsItsParameters) {
  RandomStream random;
  InitContext init = RefF64(&random);
  init.precision = {/*parameter=*/DType::kF32, /*activation=*/DType::kBF16, /*compute=*/DType::kBF16};
  EqualizedConv2d conv({2, 3, /*kernel=*/3, /*padding=*/1, /*stride=*/1, /*bias=*/1}, init);
  const Tensor y = conv.Forward(Cast(NormalF64({1, 4, 4, 2}, 1), DType::kBF16), {/*slope=*/0.2, /*gain=*/1});
  EXPECT_EQ(y.dtype(), DType::kBF16);
  for (const NamedTensor& p : Parameters(conv)) {
    EXPECT_EQ(p.tensor.dtype(), DType::kF32);
    EXPECT_EQ(Grad({y}, {p.tensor})[0].dtype(), DType::kF32) << p.name;
  }
}

}  // namespace
}  // namespace sg::nn
