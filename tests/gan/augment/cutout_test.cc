#include "gan/augment/cutout.h"

#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::CheckGradients;
using testing::ExpectValues;
using testing::NormalF64;

class CutoutTest : public ::testing::TestWithParam<Device> {
 protected:
  Tensor Ones(const Shape& shape) { return Tensor::Full(shape, 1, DType::kF32, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, CutoutTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(CutoutTest, ClearsThePixelsWhoseCentersItContains) {
  ExpectValues(ClearBoxes(Ones({1, 3, 4, 1}), {{0.6, 3, 0.5, 1.4}}), {1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  ExpectValues(ClearBoxes(Ones({2, 1, 3, 2}), {{-5, 1, -1, 9}, PixelBox()}), {0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_P(CutoutTest, IsASquareOfHalfTheSizeAroundItsCenter) {
  ImageTransform cut;
  cut.cutout = true;
  cut.cutout_x = 0.5, cut.cutout_y = 0;
  ExpectValues(CutOut(Ones({1, 4, 4, 1}), {cut}), {1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
}

TEST(Cutout, DifferentiatesToSecondOrder) {
  EXPECT_TRUE(CheckGradients(
      [](const std::vector<Tensor>& in) {
        return Square(ClearBoxes(in[0], {{0, 2, 0, 1}, {}}));
      },
      {NormalF64({2, 3, 3, 2}, 1)}));
}

}  // namespace
}  // namespace sg::gan
