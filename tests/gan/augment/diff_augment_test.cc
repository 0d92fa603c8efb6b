#include "gan/augment/diff_augment.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::NormalF64;

class DiffAugmentTest : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, DiffAugmentTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(DiffAugmentTest, ChangesColorsInTheirOrder) {
  // Of two pixels, the cutout takes the first.
  const Tensor x = F32({1, 1, 2, 3}, {.2f, .2f, .2f, .6f, 0, 0}, GetParam());
  DiffTransform t;
  t.brightness = 0.1;
  ExpectValues(DiffAugment(x, {t}), {0, 0, 0, .7, .1, .1}, 1e-6);
  t.saturation = 2;  // around the pixel's mean 0.3
  ExpectValues(DiffAugment(x, {t}), {0, 0, 0, 1.1, -.1, -.1}, 1e-6);
  t.contrast = 0.5;  // around the image's mean 0.3
  ExpectValues(DiffAugment(x, {t}), {0, 0, 0, .7, .1, .1}, 1e-6);
}

TEST_P(DiffAugmentTest, ShiftsAndCuts) {
  const Tensor x = Tensor::Full({1, 4, 4, 1}, 1, DType::kF32, GetParam());
  DiffTransform t;
  t.shift_x = 1, t.shift_y = -1;
  t.cutout_x = 3, t.cutout_y = 1;  // columns 2 and 3, rows 0 and 1
  ExpectValues(DiffAugment(x, {t}), {0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0});
  t.cutout_x = 4, t.cutout_y = 0;  // half of it is beyond the edges
  ExpectValues(DiffAugment(x, {t}), {0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0});
}

TEST_P(DiffAugmentTest, EveryImageHasItsOwnAndAlphaKeepsItsColor) {
  const Tensor x = Cast(NormalF64({2, 8, 8, 4}, 1), DType::kF32).To(GetParam());
  RandomStream stream;
  const std::vector<DiffTransform> drawn = DrawDiffTransforms(2, {8, 8}, &stream);
  const Tensor y = DiffAugment(x, drawn);
  for (int n = 0; n < 2; ++n) {
    const Tensor image = Narrow(x, 0, n, 1);
    ExpectSameValues(Narrow(y, 0, n, 1), DiffAugment(image, {drawn[n]}), 1e-6);
    // Without colors and alpha: the same as the alpha channel alone whose color does not change.
    DiffTransform same_color = drawn[n];
    same_color.brightness = 0, same_color.saturation = same_color.contrast = 1;
    ExpectSameValues(Narrow(Narrow(y, 0, n, 1), 3, 3, 1), DiffAugment(Narrow(image, 3, 3, 1), {same_color}), 1e-6);
  }
}

TEST(DiffAugment, DifferentiatesToSecondOrder) {
  RandomStream stream = {3, 0, 0};
  for (const int64_t channels : {1, 3, 4}) {
    const std::vector<DiffTransform> drawn = DrawDiffTransforms(2, {5, 6}, &stream);
    EXPECT_TRUE(CheckGradients([&](const std::vector<Tensor>& in) { return Square(DiffAugment(in[0], drawn)); },
                               {NormalF64({2, 5, 6, channels}, 1)}));
  }
}

TEST(DiffAugment, DrawsCoverTheirRanges) {
  RandomStream stream;
  const std::vector<DiffTransform> drawn = DrawDiffTransforms(20000, {20, 13}, &stream);
  std::set<int> shifts_x, shifts_y, centers_x, centers_y;
  double brightness = 0, saturation = 0, contrast = 0;
  for (const DiffTransform& t : drawn) {
    shifts_x.insert(t.shift_x), shifts_y.insert(t.shift_y);
    centers_x.insert(t.cutout_x), centers_y.insert(t.cutout_y);
    ASSERT_LE(std::abs(t.brightness), 0.5);
    ASSERT_LE(std::abs(t.saturation - 1), 1);
    ASSERT_LE(std::abs(t.contrast - 1), 0.5);
    brightness += t.brightness, saturation += t.saturation, contrast += t.contrast;
  }
  // Uniform numbers with the deviations 1, 2 and 1 over sqrt 12.
  const double error = 5 / std::sqrt(12.0 * static_cast<double>(drawn.size()));
  EXPECT_NEAR(brightness / static_cast<double>(drawn.size()), 0, error);
  EXPECT_NEAR(saturation / static_cast<double>(drawn.size()), 1, 2 * error);
  EXPECT_NEAR(contrast / static_cast<double>(drawn.size()), 1, error);
  const auto range = [](int low, int high) {
    std::set<int> all;
    for (int i = low; i <= high; ++i) all.insert(i);
    return all;
  };
  // 13 pixels: an eighth is 1.6, rounded to 2, and the cutout has 7. 20 pixels: 2.5, rounded to 3, and 10.
  EXPECT_EQ(shifts_x, range(-2, 2));
  EXPECT_EQ(shifts_y, range(-3, 3));
  EXPECT_EQ(centers_x, range(0, 12));
  EXPECT_EQ(centers_y, range(0, 20));
}

}  // namespace
}  // namespace sg::gan
