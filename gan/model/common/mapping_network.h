// MappingNetwork: z and the image's label -> w, a multi-layer perceptron of equalized linear layers and leaky ReLUs
// (Karras et al., "A style-based generator architecture", 2019). A label is first embedded by a linear layer. z and the
// embedding are normalized each by itself, and the perceptron sees both in a row.
//
//   const MappingNetwork mapping(config, init);
//   Tensor w = mapping.Forward(z);          // [N,z] -> [N,w]
//   Tensor c = mapping.Forward(z, labels);  // with config.label_dim
#ifndef GAN_MODEL_COMMON_MAPPING_NETWORK_H_
#define GAN_MODEL_COMMON_MAPPING_NETWORK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gan/config/config.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

struct MappingNetworkParams {
  int64_t z_dim = 0;      // 0: there is no z
  int64_t label_dim = 0;  // 0: there are no labels
  int64_t w_dim = 0;
  int layers = 8;
  double lr_mul = 1;  // of the perceptron; the embedding has 1
  LatentNorm norm = LatentNorm::kRms;
  nn::Activation activation;
};

class MappingNetwork {
 public:
  // The generator's.
  MappingNetwork(const ModelConfig& config, const nn::InitContext& init);
  MappingNetwork(const MappingNetworkParams& params, const nn::InitContext& init);

  // Names follow the annotated nn.Sequential, in which every second entry is an activation: net.0, net.2, ...
  void Visit(nn::ParamVisitor& v) {
    if (embed_) v("embed", *embed_);
    for (size_t i = 0; i < layers_.size(); ++i) v("net." + std::to_string(2 * i), layers_[i]);
  }

  // z [N,z_dim] and labels [N,label_dim] -> w [N,w_dim]. Without z or without labels, that operand is undefined.
  Tensor Forward(const Tensor& z, const Tensor& labels) const;
  Tensor Forward(const Tensor& z) const { return Forward(z, Tensor()); }

 private:
  // To unit length, or with LatentNorm::kRms to unit mean square.
  Tensor Normalize(const Tensor& x) const;

  std::optional<nn::EqualizedLinear> embed_;  // label -> w_dim elements
  std::vector<nn::EqualizedLinear> layers_;
  bool has_z_, unit_length_;
  nn::Activation activation_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_MAPPING_NETWORK_H_
