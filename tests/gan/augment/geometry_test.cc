#include "gan/augment/geometry.h"

#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::NormalF64;
using testing::Values;

class GeometryTest : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, GeometryTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

ImageTransform Blit(bool flip, int quarter_turns, double shift_x = 0, double shift_y = 0) {
  ImageTransform t;
  t.flip = flip;
  t.quarter_turns = quarter_turns;
  t.shift_x = shift_x, t.shift_y = shift_y;
  return t;
}

TEST_P(GeometryTest, ExactBlitsCopyPixels) {
  const std::vector<float> pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto blit = [&](const ImageTransform& t) {
    return TransformGeometry(F32({1, 3, 3, 1}, pixels, GetParam()), {t}, /*exact_blits=*/true);
  };
  ExpectValues(blit(Blit(true, 0)), {3, 2, 1, 6, 5, 4, 9, 8, 7});
  ExpectValues(blit(Blit(false, 1)), {3, 6, 9, 2, 5, 8, 1, 4, 7});
  ExpectValues(blit(Blit(false, 2)), {9, 8, 7, 6, 5, 4, 3, 2, 1});
  ExpectValues(blit(Blit(false, 0, 1, 0)), {2, 1, 2, 5, 4, 5, 8, 7, 8});
  ExpectValues(blit(Blit(false, 0, 0, -1)), {4, 5, 6, 7, 8, 9, 4, 5, 6});
}

// The same blits through the filters: sym6 is not symmetric, so that only shifts survive it.
TEST_P(GeometryTest, FiltersKeepWholeShiftsAlone) {
  const Tensor x = Cast(NormalF64({4, 16, 16, 3}, 1), DType::kF32).To(GetParam());
  const std::vector<ImageTransform> blits = {Blit(false, 0, 2, -1), Blit(false, 0, -2, 0), Blit(true, 0),
                                             Blit(false, 1)};
  const Tensor exact = TransformGeometry(x, blits, /*exact_blits=*/true);
  const Tensor filtered = TransformGeometry(x, blits, /*exact_blits=*/false);
  ExpectSameValues(Narrow(filtered, 0, 0, 2), Narrow(exact, 0, 0, 2), 5e-5);
  for (int turned = 2; turned < 4; ++turned) {
    const double error = Sum(Square(Sub(Narrow(filtered, 0, turned, 1), Narrow(exact, 0, turned, 1)))).Item();
    const double share = std::sqrt(error / Sum(Square(Narrow(exact, 0, turned, 1))).Item());
    EXPECT_GT(share, 0.05) << turned;
    EXPECT_LT(share, 0.4) << turned;
  }
}

// Each image gets what it would get alone, whatever way the others go.
TEST_P(GeometryTest, ImagesOfABatchGoTheirOwnWays) {
  const Tensor x = Cast(NormalF64({4, 16, 16, 3}, 1), DType::kF32).To(GetParam());
  ImageTransform turned;
  turned.first_angle = 0.3;
  turned.slide_x = 1.5;
  const std::vector<ImageTransform> transforms = {turned, ImageTransform(), Blit(true, 3, 1, 1), turned};
  for (const bool exact_blits : {false, true}) {
    const Tensor y = TransformGeometry(x, transforms, exact_blits);
    ExpectSameValues(Narrow(y, 0, 1, 1), Narrow(x, 0, 1, 1));
    for (int n = 0; n < 4; ++n) {
      ExpectSameValues(Narrow(y, 0, n, 1), TransformGeometry(Narrow(x, 0, n, 1), {transforms[n]}, exact_blits), 1e-6);
    }
  }
}

TEST_P(GeometryTest, MovedPixelsComeInAsZeros) {
  AffineMap right;
  right.c = -1;
  ExpectValues(MovePixels(F32({1, 1, 3, 1}, {1, 2, 3}, GetParam()), {right}, {}), {0, 1, 2});
}

}  // namespace
}  // namespace sg::gan
