// Draws the transforms of a batch of images with the distributions of NVIDIA's augmentation.
//
//   RandomStream stream = {/*seed=*/1, /*stream=*/0};
//   const std::vector<ImageTransform> drawn = DrawTransforms(AugPipe::kBgc, /*p=*/0.6, 8, {64, 64}, &stream);
#ifndef GAN_AUGMENT_DRAW_TRANSFORMS_H_
#define GAN_AUGMENT_DRAW_TRANSFORMS_H_

#include <cstdint>
#include <vector>

#include "engine/ops/random.h"
#include "gan/augment/affine_map.h"
#include "gan/augment/image_transform.h"
#include "gan/config/enums.h"

namespace sg::gan {

// The transforms of `images` images of this size. Each transform of the pipe acts on an image with the probability p,
// independently; the two rotations together do. Those that draw from a few values may draw the one that changes
// nothing: a flip is seen with p / 2, a quarter turn with 3 p / 4. Takes the same number of blocks from the stream for
// each image, whatever the pipe and p.
std::vector<ImageTransform> DrawTransforms(AugPipe pipe, double p, int64_t images, const PixelSize& size,
                                           RandomStream* stream);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_DRAW_TRANSFORMS_H_
