// The augmentation of a configuration.
//
//   config.augment.aug = AugMode::kDiffAug;
//   Tensor y = AugmentImages(x, config, /*p=*/0, &stream);
#ifndef GAN_AUGMENT_AUGMENT_IMAGES_H_
#define GAN_AUGMENT_AUGMENT_IMAGES_H_

#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"

namespace sg::gan {

// Images [N,H,W,C] in the model's range, each with transforms drawn from the stream. `p` is the probability of each
// transform of a pipe. Differentiable to any order with respect to the images. Returns `images` itself if none of them
// changes. The transforms take the images' range as one from -1 to 1: what they set to 0 becomes middle gray.
Tensor AugmentImages(const Tensor& images, const TrainConfig& config, double p, RandomStream* stream);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_AUGMENT_IMAGES_H_
