// The networks that a checkpoint holds.
#ifndef GAN_MODEL_NETWORKS_H_
#define GAN_MODEL_NETWORKS_H_

#include "gan/config.h"
#include "gan/model/discriminator.h"
#include "gan/model/generator.h"
#include "gan/model/mapping_network.h"
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

// One latent per block: w1 [N,d] for the blocks before `crossover`, w2 from there on -> [num_blocks,N,d].
Tensor MixLatents(const Tensor& w1, const Tensor& w2, int crossover, int num_blocks);
// The same latent for every block.
Tensor RepeatLatent(const Tensor& w, int num_blocks);

}  // namespace sg::gan

#endif  // GAN_MODEL_NETWORKS_H_
