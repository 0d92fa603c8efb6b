#include "gan/augment/color.h"

#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::CheckGradients;
using testing::ExpectValues;
using testing::F32;
using testing::NormalF64;

class ColorTest : public ::testing::TestWithParam<Device> {
 protected:
  Tensor Changed(const std::vector<float>& pixel, const ImageTransform& t) {
    return TransformColors(F32({1, 1, 1, static_cast<int64_t>(pixel.size())}, pixel, GetParam()), {t});
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, ColorTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(ColorTest, BrightnessAndContrast) {
  ImageTransform t;
  t.brightness = 0.25;
  ExpectValues(Changed({.5f, 0, -1}, t), {.75, .25, -.75}, 1e-6);
  t.contrast = 2;  // of the brightened image
  ExpectValues(Changed({.5f, 0, -1}, t), {1.5, .5, -1.5}, 1e-6);
}

// The gray part of (0.9, 0, 0) is (0.3, 0.3, 0.3).
TEST_P(ColorTest, TransformsAroundTheGrayAxis) {
  ImageTransform luma, third_turn, gray, vivid;
  luma.luma_flip = true;
  ExpectValues(Changed({.9f, 0, 0}, luma), {.3, -.6, -.6}, 1e-6);
  third_turn.hue = std::acos(-1.0) * 2 / 3;
  ExpectValues(Changed({.9f, 0, 0}, third_turn), {0, .9, 0}, 1e-6);
  gray.saturation = 0;
  ExpectValues(Changed({.9f, 0, 0}, gray), {.3, .3, .3}, 1e-6);
  vivid.saturation = 2;
  ExpectValues(Changed({.9f, 0, 0}, vivid), {1.5, -.3, -.3}, 1e-6);
}

TEST_P(ColorTest, GraysKeepOnlyWhatChangesGrays) {
  ImageTransform t;
  t.contrast = 2;
  t.luma_flip = true;
  t.brightness = 0.25;
  t.hue = 1;
  t.saturation = 3;
  ExpectValues(Changed({.5f}, t), {-1.5}, 1e-6);
  ExpectValues(Changed({.5f, .125f}, t), {-1.5, .125}, 1e-6);  // the second is an alpha channel
  ExpectValues(Changed({.5f, .5f, .5f, .125f}, t), {-1.5, -1.5, -1.5, .125}, 1e-6);
}

TEST_P(ColorTest, EveryImageHasItsOwn) {
  const Tensor x = F32({2, 1, 1, 3}, {.9f, 0, 0, .9f, 0, 0}, GetParam());
  ImageTransform bright;
  bright.brightness = 0.5;
  ExpectValues(TransformColors(x, {ImageTransform(), bright}), {.9f, 0, 0, 1.4, .5, .5}, 1e-6);
}

TEST(Color, DifferentiatesToSecondOrder) {
  ImageTransform t;
  t.hue = 1;
  t.contrast = 1.5;
  for (const int64_t channels : {1, 2, 3, 4}) {
    EXPECT_TRUE(CheckGradients(
        [&](const std::vector<Tensor>& in) {
          return Square(TransformColors(in[0], {t, ImageTransform()}));
        },
        {NormalF64({2, 3, 2, channels}, 1)}));
  }
}

}  // namespace
}  // namespace sg::gan
