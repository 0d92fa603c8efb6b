// The networks of a configuration: the only place that knows which architectures there are.
#ifndef GAN_MODEL_NETWORKS_H_
#define GAN_MODEL_NETWORKS_H_

#include <memory>

#include "gan/config/config.h"
#include "gan/model/network.h"
#include "nn/init.h"

namespace sg::gan {

std::unique_ptr<GeneratorNetwork> MakeGenerator(const ModelConfig& config, const nn::InitContext& init);
std::unique_ptr<DiscriminatorNetwork> MakeDiscriminator(const ModelConfig& config, const nn::InitContext& init);

}  // namespace sg::gan

#endif  // GAN_MODEL_NETWORKS_H_
