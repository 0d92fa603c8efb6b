// DiffAugment (Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020), with their policy
// color, translation, cutout. It acts on every image, always. Differentiable to any order with respect to the images.
//
//   RandomStream stream = {/*seed=*/1, /*stream=*/0};
//   Tensor y = DiffAugment(x, DrawDiffTransforms(8, {64, 64}, &stream));  // x [8,64,64,C]
#ifndef GAN_AUGMENT_DIFF_AUGMENT_H_
#define GAN_AUGMENT_DIFF_AUGMENT_H_

#include <cstdint>
#include <vector>

#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"
#include "gan/augment/affine_map.h"

namespace sg::gan {

// What happens to one image, in this order. The default has no effect but that of the cutout.
struct DiffTransform {
  double brightness = 0;           // added
  double saturation = 1;           // factor of the distance from the mean of a pixel's colors
  double contrast = 1;             // factor of the distance from the mean of all pixels and colors
  int shift_x = 0, shift_y = 0;    // pixels; 0 comes in at the edges
  int cutout_x = 0, cutout_y = 0;  // the center of a rectangle of half the size, which becomes 0
};

std::vector<DiffTransform> DrawDiffTransforms(int64_t images, const PixelSize& size, RandomStream* stream);

// Images [N,H,W,C] from -1 to 1 with a transform for each. The colors of an alpha channel do not change.
Tensor DiffAugment(const Tensor& images, const std::vector<DiffTransform>& transforms);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_DIFF_AUGMENT_H_
