// The geometric part of augmentation. Differentiable to any order with respect to the images.
//
//   ImageTransform turned;
//   turned.first_angle = 0.1;
//   Tensor y = TransformGeometry(x, {turned}, /*exact_blits=*/false);  // x [1,H,W,C]
#ifndef GAN_AUGMENT_GEOMETRY_H_
#define GAN_AUGMENT_GEOMETRY_H_

#include <vector>

#include "engine/ops/affine_sample.h"
#include "engine/tensor/tensor.h"
#include "gan/augment/affine_map.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

// Images [N,H,W,C] with the first eight transforms, one for each image. As NVIDIA does it, each image is extended by
// reflection, upsampled twofold with the wavelet sym6, interpolated, and downsampled with the same filter. An image
// that no transform moves stays as it is, where NVIDIA's filters change it by some 4e-6.
//
// sym6 is not symmetric: flips and quarter turns are therefore not exact. On white noise, they differ from the exact
// ones by some 20 %, on pictures by some 5 %. With `exact_blits`, an image that has only blits is copied pixel by
// pixel.
Tensor TransformGeometry(const Tensor& images, const std::vector<ImageTransform>& transforms, bool exact_blits);

// Images [N,H,W,C] read at the pixels to which `maps` lead, one for each image. They lead from pixels to pixels.
// Pixels beyond the margins are 0.
Tensor MovePixels(const Tensor& images, const std::vector<AffineMap>& maps, const SampleMargins& margins);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_GEOMETRY_H_
