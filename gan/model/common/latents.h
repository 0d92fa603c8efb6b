// The generator's input w [num_latents,N,d]: one latent per entry (ModelConfig::NumLatents).
//
//   Tensor w = MixLatents(mapping.Forward(z1), mapping.Forward(z2), /*crossover=*/3, config.NumLatents());
#ifndef GAN_MODEL_COMMON_LATENTS_H_
#define GAN_MODEL_COMMON_LATENTS_H_

#include "engine/tensor/tensor.h"

namespace sg::gan {

// w [N,d] in every entry -> [num_latents,N,d].
Tensor RepeatLatent(const Tensor& w, int num_latents);
// Style mixing: w1 [N,d] in the entries before `crossover`, w2 [N,d] in the others -> [num_latents,N,d].
// 0 <= crossover <= num_latents.
Tensor MixLatents(const Tensor& w1, const Tensor& w2, int crossover, int num_latents);

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_LATENTS_H_
