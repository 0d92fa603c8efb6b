// MappingNetwork: z -> w, a multi-layer perceptron of equalized linear layers and leaky ReLUs.
#ifndef GAN_MODEL_COMMON_MAPPING_NETWORK_H_
#define GAN_MODEL_COMMON_MAPPING_NETWORK_H_

#include <vector>

#include "gan/config/config.h"
#include "nn/init.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

class MappingNetwork {
 public:
  MappingNetwork(const ModelConfig& config, const nn::InitContext& init);

  // Names follow the annotated nn.Sequential, in which every second entry is an activation: net.0, net.2, ...
  void Visit(nn::ParamVisitor& v) {
    for (size_t i = 0; i < layers_.size(); ++i) v("net." + std::to_string(2 * i), layers_[i]);
  }

  // z [N,d] -> w [N,d]. z is normalized first: to unit length, or to unit mean square with LatentNorm::kRms.
  Tensor Forward(const Tensor& z) const;

 private:
  std::vector<nn::EqualizedLinear> layers_;
  bool unit_length_;
  nn::Activation activation_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_MAPPING_NETWORK_H_
