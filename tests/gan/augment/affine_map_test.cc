#include "gan/augment/affine_map.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

void ExpectMap(const AffineMap& map, double u, double v, double x, double y) {
  EXPECT_NEAR(map.a * u + map.b * v + map.c, x, 1e-12);
  EXPECT_NEAR(map.d * u + map.e * v + map.f, y, 1e-12);
}

TEST(AffineMap, LeadsFromTheResultToTheImage) {
  ImageTransform t;
  t.shift_x = 3, t.shift_y = -2;
  ExpectMap(MapOf(t), 5, 5, 2, 7);
  t = {};
  t.scale = 2;
  ExpectMap(MapOf(t), 4, 6, 2, 3);
  t = {};
  t.stretch = 2;
  ExpectMap(MapOf(t), 4, 6, 2, 12);
  t = {};
  t.flip = true;
  ExpectMap(MapOf(t), 4, 6, -4, 6);
}

TEST(AffineMap, TheFirstTransformIsTheInnermost) {
  ImageTransform t;
  t.flip = true;
  t.shift_x = 3;
  // The flipped image is shifted: the result's 3 shows the center.
  ExpectMap(MapOf(t), 3, 0, 0, 0);
  ExpectMap(MapOf(t), 4, 0, -1, 0);
}

TEST(AffineMap, QuarterTurnsAreExactAndFourAreNone) {
  ImageTransform quarter;
  quarter.quarter_turns = 1;
  const AffineMap map = MapOf(quarter);
  EXPECT_EQ(map.a, 0);
  EXPECT_EQ(map.e, 0);
  ImageTransform as_angle;
  as_angle.first_angle = std::acos(-1.0) / 2;
  const AffineMap rotated = MapOf(as_angle);
  ExpectMap(rotated, 1, 2, map.a + 2 * map.b, map.d + 2 * map.e);
  quarter.quarter_turns = 3;
  quarter.first_angle = std::acos(-1.0) / 2;
  ExpectMap(MapOf(quarter), 1, 2, 1, 2);
}

TEST(AffineMap, BothRotationsAndStretchingShear) {
  ImageTransform t;
  t.first_angle = std::acos(-1.0) / 2;
  t.stretch = 2;
  t.second_angle = -std::acos(-1.0) / 2;
  // Between the turns, the axes are exchanged.
  ExpectMap(MapOf(t), 4, 6, 8, 3);
}

TEST(AffineMap, SampleTransformsCountFromTheFirstPixel) {
  const PixelSize size = {5, 9};
  EXPECT_THAT(SampleTransform(AffineMap(), size, 1, 0), ElementsAre(1, 0, 0, 0, 1, 0));
  // Two samples per pixel, from three pixels before the first on.
  EXPECT_THAT(SampleTransform(AffineMap(), size, 2, 3), ElementsAre(.5f, 0, -3, 0, .5f, -3));
  ImageTransform flip;
  flip.flip = true;
  EXPECT_THAT(SampleTransform(MapOf(flip), size, 1, 0), ElementsAre(-1, 0, 8, 0, 1, 0));
  ImageTransform half;
  half.scale = 2;
  EXPECT_THAT(SampleTransform(MapOf(half), size, 1, 0),
              ElementsAre(FloatNear(.5f, 0), 0, FloatNear(2, 0), 0, FloatNear(.5f, 0), FloatNear(1, 0)));
}

TEST(AffineMap, MarginsReachAsFarAsCornersAndFilters) {
  const PixelSize size = {17, 33};
  SampleMargins margins = MarginsFor({AffineMap()}, size);
  EXPECT_EQ(margins.left, kWarpMargin);
  EXPECT_EQ(margins.right, kWarpMargin);
  EXPECT_EQ(margins.top, kWarpMargin);
  ImageTransform shift;
  shift.slide_x = 2.5;
  margins = MarginsFor({AffineMap(), MapOf(shift)}, size);
  EXPECT_EQ(margins.left, kWarpMargin + 3);
  EXPECT_EQ(margins.right, kWarpMargin);
  // Never as far as the whole image, however small it gets; none for a close-up.
  ImageTransform small, large;
  small.scale = 1e-3, large.scale = 1e3;
  margins = MarginsFor({MapOf(small)}, size);
  EXPECT_EQ(margins.left, 32);
  EXPECT_EQ(margins.bottom, 16);
  EXPECT_EQ(MarginsFor({MapOf(large)}, size).right, 0);
}

}  // namespace
}  // namespace sg::gan
