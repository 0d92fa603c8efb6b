// The geometry of augmentation, as maps from a position in the result to the position in the image that it shows.
// Positions are in pixels, to the right and downward from the center of the image. Computed on the host.
//
//   const AffineMap map = MapOf(transform);
//   const SampleMargins margins = MarginsFor({map}, {64, 64});
#ifndef GAN_AUGMENT_AFFINE_MAP_H_
#define GAN_AUGMENT_AFFINE_MAP_H_

#include <array>
#include <cstdint>
#include <vector>

#include "engine/ops/affine_sample.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

// (u, v) -> (a u + b v + c, d u + e v + f)
struct AffineMap {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

struct PixelSize {
  int64_t height = 1, width = 1;
};

// Flips and quarter turns without rounding errors.
AffineMap MapOf(const ImageTransform& transform);

// A row of AffineSample's `transforms`. The result is a grid of `per_pixel` samples per pixel, which extends beyond the
// image by `border` pixels on each side; sample 0 is at the center of the first pixel of that border.
std::array<float, 6> SampleTransform(const AffineMap& map, const PixelSize& size, int per_pixel, int border);

// The margins that the images of a batch need for their maps (NVIDIA): as far as a corner of the image is mapped, and
// kWarpMargin pixels more for the filters, but less than the image.
inline constexpr int kWarpMargin = 6;
SampleMargins MarginsFor(const std::vector<AffineMap>& maps, const PixelSize& size);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_AFFINE_MAP_H_
