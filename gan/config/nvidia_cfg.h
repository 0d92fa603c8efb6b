// NVIDIA's configurations: what --cfg says in the train.py of their StyleGAN2 with adaptive augmentation (Karras et
// al., "Training generative adversarial networks with limited data", 2020), in f32 and without that augmentation
// (AugMode::kAda).
//
//   absl::StatusOr<TrainConfig> config = NvidiaConfig("auto", /*resolution=*/128);
//
//   auto         suits the resolution, for one GPU
//   stylegan2    config F of the paper on StyleGAN2, for 1024 pixels
//   paper256, paper512, paper1024   those of the paper named above
//   cifar        for CIFAR-10, with a discriminator without residual connections
#ifndef GAN_CONFIG_NVIDIA_CFG_H_
#define GAN_CONFIG_NVIDIA_CFG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan {

// The configuration of that name at `resolution` pixels, or with 0 at its own. InvalidArgument for another name; it
// lists the names. Whether the resolution can be used is for Validate to say.
absl::StatusOr<TrainConfig> NvidiaConfig(absl::string_view name, int resolution);

}  // namespace sg::gan

#endif  // GAN_CONFIG_NVIDIA_CFG_H_
