#include "gan/augment/band_filter.h"

#include <cmath>

#include "engine/ops/elementwise.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::CheckGradients;
using testing::ExpectValues;
using ::testing::HasSubstr;
using testing::NormalF64;
using testing::Values;

constexpr int kCenter = kBandTaps / 2;

ImageTransform WithBands(double b0, double b1, double b2, double b3) {
  ImageTransform t;
  t.bands[0] = b0, t.bands[1] = b1, t.bands[2] = b2, t.bands[3] = b3;
  return t;
}

TEST(BandFilter, BandsAreSymmetricAndAddUpToTheImage) {
  const auto bands = BandFilters();
  for (int t = 0; t < kBandTaps; ++t) {
    double sum = 0;
    for (int band = 0; band < kFilterBands; ++band) {
      EXPECT_NEAR(bands[band][t], bands[band][kBandTaps - 1 - t], 1e-12);
      sum += bands[band][t];
    }
    EXPECT_NEAR(sum, t == kCenter ? 1 : 0, 1e-12) << t;
  }
  // They are binary fractions. The lowest band has the mean, the others have none.
  EXPECT_NEAR(bands[3][kCenter], 0.5, 1e-12);
  EXPECT_NEAR(bands[3][kCenter + 1], -9.0 / 32, 1e-12);
  EXPECT_NEAR(bands[3][kCenter + 3], 1.0 / 32, 1e-12);
  EXPECT_NEAR(bands[2][kCenter + 1], 0.0703125, 1e-12);
  EXPECT_NEAR(bands[1][kCenter], 0.125, 1e-12);
  EXPECT_NEAR(bands[0][kCenter + 2], 0.10546875, 1e-8);
  for (int band = 0; band < kFilterBands; ++band) {
    double mean = 0;
    for (const double tap : bands[band]) mean += tap;
    EXPECT_NEAR(mean, band == 0 ? 1 : 0, 1e-12);
  }
}

TEST(BandFilter, KeepsTheExpectedPower) {
  // An image with the expected spectrum keeps its power, whatever band is amplified.
  for (const ImageTransform& t : {WithBands(3, 1, 1, 1), WithBands(1, 0.2, 1, 1), WithBands(1, 1, 1, 5)}) {
    const std::array<double, kBandTaps> filter = FilterOf(t);
    double mean = 0, alternating = 0;
    for (int i = 0; i < kBandTaps; ++i) {
      mean += filter[i];
      alternating += (i - kCenter) % 2 == 0 ? filter[i] : -filter[i];
    }
    // The lowest and the highest frequency have the gains of the lowest and the highest band alone.
    int amplified = 0;
    while (t.bands[amplified] == 1) ++amplified;
    const double factor = t.bands[amplified], share = amplified == 0 ? 10.0 / 13 : 1.0 / 13;
    const double norm = std::sqrt(1 - share + share * factor * factor);
    EXPECT_NEAR(mean, (amplified == 0 ? factor : 1) / norm, 1e-12);
    EXPECT_NEAR(alternating, (amplified == 3 ? factor : 1) / norm, 1e-12);
  }
}

// The product with matrices is a convolution with reflection at the edges.
TEST(BandFilter, FiltersBothAxes) {
  const int64_t height = 22, width = 25;
  const Tensor x = NormalF64({2, height, width, 2}, 1);
  const std::vector<ImageTransform> transforms = {WithBands(2, 1, 0.5, 3), ImageTransform()};
  const std::vector<double> in = Values(x);
  const auto at = [&](int64_t i, int64_t j, int64_t c) {
    const auto reflect = [](int64_t p, int64_t length) {
      p = std::abs(p);
      return p < length ? p : 2 * (length - 1) - p;
    };
    return in[(reflect(i, height) * width + reflect(j, width)) * 2 + c];
  };
  const std::array<double, kBandTaps> filter = FilterOf(transforms[0]);
  std::vector<double> want;
  for (int64_t i = 0; i < height; ++i) {
    for (int64_t j = 0; j < width; ++j) {
      for (int64_t c = 0; c < 2; ++c) {
        double sum = 0;
        for (int s = 0; s < kBandTaps; ++s) {
          for (int t = 0; t < kBandTaps; ++t) sum += filter[s] * filter[t] * at(i + s - kCenter, j + t - kCenter, c);
        }
        want.push_back(sum);
      }
    }
  }
  want.insert(want.end(), in.begin() + static_cast<int64_t>(want.size()), in.end());  // the other image
  ExpectValues(FilterBands(x, transforms), want, 2e-6);                               // the matrices are those of f32
}

TEST(BandFilter, WithoutFiltersItIsTheImage) {
  const Tensor x = NormalF64({1, 4, 4, 1}, 1);  // smaller than a filter
  EXPECT_EQ(FilterBands(x, {ImageTransform()}).view().data, x.view().data);
}

TEST(BandFilter, DifferentiatesToSecondOrder) {
  EXPECT_TRUE(CheckGradients(
      [](const std::vector<Tensor>& in) {
        return Square(FilterBands(in[0], {WithBands(2, 1, 1, 1), WithBands(1, 1, 3, 1)}));
      },
      {NormalF64({2, 22, 23, 1}, 1)}));
}

TEST(BandFilterDeathTest, NeedsSpaceForTheReflection) {
  EXPECT_DEATH(FilterBands(NormalF64({1, 32, 21, 1}, 1), {WithBands(2, 1, 1, 1)}), HasSubstr("of at least 22 pixels"));
}

}  // namespace
}  // namespace sg::gan
