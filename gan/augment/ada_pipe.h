// Adaptive discriminator augmentation of a batch (Karras et al., "Training generative adversarial networks with limited
// data", 2020). With fixed transforms it is an affine map of the pixels, so it is differentiable to any order with
// respect to the images, and the gradient of a penalty on gradients passes through it.
//
//   RandomStream stream = {/*seed=*/1, /*stream=*/0};
//   const std::vector<ImageTransform> drawn = DrawTransforms(AugPipe::kBgc, /*p=*/0.6, 8, {64, 64}, &stream);
//   Tensor y = TransformImages(x, drawn, /*exact_blits=*/false, &stream);
#ifndef GAN_AUGMENT_ADA_PIPE_H_
#define GAN_AUGMENT_ADA_PIPE_H_

#include <vector>

#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

// Images [N,H,W,C] from -1 to 1 with a transform for each, in the order geometry, colors, filter, noise, cutout. Noise
// is drawn from the stream. The colors of an alpha channel do not change; all else acts on it as on the others. A part
// that no image has costs nothing. Images with a filter need kSmallestFilteredSize pixels along each side. geometry.h
// describes exact_blits.
Tensor TransformImages(const Tensor& images, const std::vector<ImageTransform>& transforms, bool exact_blits,
                       RandomStream* noise);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_ADA_PIPE_H_
