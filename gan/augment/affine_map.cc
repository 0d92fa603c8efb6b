#include "gan/augment/affine_map.h"

#include <algorithm>
#include <cmath>

namespace sg::gan {
namespace {

// First `inner`, then `outer`.
AffineMap Compose(const AffineMap& outer, const AffineMap& inner) {
  return {outer.a * inner.a + outer.b * inner.d,           outer.a * inner.b + outer.b * inner.e,
          outer.a * inner.c + outer.b * inner.f + outer.c, outer.d * inner.a + outer.e * inner.d,
          outer.d * inner.b + outer.e * inner.e,           outer.d * inner.c + outer.e * inner.f + outer.f};
}

AffineMap Translation(double x, double y) { return {1, 0, x, 0, 1, y}; }
AffineMap Scaling(double x, double y) { return {x, 0, 0, 0, y, 0}; }
AffineMap Rotation(double cosine, double sine) { return {cosine, -sine, 0, sine, cosine, 0}; }
AffineMap Rotation(double angle) { return Rotation(std::cos(angle), std::sin(angle)); }

AffineMap QuarterTurns(int turns) {
  constexpr double kCosines[] = {1, 0, -1, 0}, kSines[] = {0, 1, 0, -1};
  return Rotation(kCosines[turns], kSines[turns]);
}

}  // namespace

AffineMap MapOf(const ImageTransform& t) {
  // The map leads back from the result to the image, so each factor is an inverse.
  AffineMap map;
  for (const AffineMap& next :
       {Scaling(t.flip ? -1 : 1, 1), QuarterTurns(t.quarter_turns), Translation(-t.shift_x, -t.shift_y),
        Scaling(1 / t.scale, 1 / t.scale), Rotation(t.first_angle), Scaling(1 / t.stretch, t.stretch),
        Rotation(t.second_angle), Translation(-t.slide_x, -t.slide_y)}) {
    map = Compose(map, next);
  }
  return map;
}

std::array<float, 6> SampleTransform(const AffineMap& map, const PixelSize& size, int per_pixel, int border) {
  const double center_x = (size.width - 1) / 2.0, center_y = (size.height - 1) / 2.0, step = 1.0 / per_pixel;
  const AffineMap from_grid = Compose(Translation(-center_x - border, -center_y - border), Scaling(step, step));
  const AffineMap m = Compose(Translation(center_x, center_y), Compose(map, from_grid));
  return {static_cast<float>(m.a), static_cast<float>(m.b), static_cast<float>(m.c),
          static_cast<float>(m.d), static_cast<float>(m.e), static_cast<float>(m.f)};
}

SampleMargins MarginsFor(const std::vector<AffineMap>& maps, const PixelSize& size) {
  const double center_x = (size.width - 1) / 2.0, center_y = (size.height - 1) / 2.0;
  double left = 0, right = 0, top = 0, bottom = 0;
  for (const AffineMap& m : maps) {
    for (const double u : {-center_x, center_x}) {
      for (const double v : {-center_y, center_y}) {
        const double x = m.a * u + m.b * v + m.c, y = m.d * u + m.e * v + m.f;
        left = std::max(left, -x), right = std::max(right, x);
        top = std::max(top, -y), bottom = std::max(bottom, y);
      }
    }
  }
  const auto margin = [](double reach, double center, int64_t length) {
    const double pixels = std::ceil(reach + kWarpMargin - center);
    return static_cast<int>(std::min(std::max(pixels, 0.0), static_cast<double>(length - 1)));
  };
  return {margin(left, center_x, size.width), margin(right, center_x, size.width), margin(top, center_y, size.height),
          margin(bottom, center_y, size.height)};
}

}  // namespace sg::gan
