// The networks that a checkpoint holds.
#ifndef GAN_MODEL_NETWORKS_H_
#define GAN_MODEL_NETWORKS_H_

#include "gan/config/config.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::gan {

// What turns latents into images. Its moving average is what pictures are made with.
struct LatentToImage {
  LatentToImage(const ModelConfig& config, const nn::InitContext& init)
      : mapping(config, init), generator(config, init) {}

  void Visit(nn::ParamVisitor& v) {
    v("mapping_network", mapping);
    v("generator", generator);
  }

  MappingNetwork mapping;
  Generator generator;
};

// The generator's latents, num_latents = config.NumLatents(): w1 [N,d] for those before `crossover`, w2 from there on
// -> [num_latents,N,d].
Tensor MixLatents(const Tensor& w1, const Tensor& w2, int crossover, int num_latents);
// The same latent everywhere.
Tensor RepeatLatent(const Tensor& w, int num_latents);

}  // namespace sg::gan

#endif  // GAN_MODEL_NETWORKS_H_
