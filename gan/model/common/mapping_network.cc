#include "gan/model/common/mapping_network.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/common/activation.h"

namespace sg::gan {

MappingNetwork::MappingNetwork(const ModelConfig& config, const nn::InitContext& init)
    : unit_length_(config.latent_norm == LatentNorm::kUnit), activation_(LeakyReluOf(config)) {
  for (int i = 0; i < config.mapping_layers; ++i) {
    layers_.emplace_back(config.latent_dim, config.latent_dim, /*bias=*/0, init);
  }
}

Tensor MappingNetwork::Forward(const Tensor& z) const {
  const TraceScope trace("MappingNetwork");
  const Shape one = {z.dim(0), 1};
  Tensor w;
  if (unit_length_) {
    w = Div(z, Clamp(Sqrt(MulSumTo(z, z, one)), 1e-12, 1e300));
  } else {
    w = Mul(z, Rsqrt(Affine(MulSumTo(z, z, one, 1.0 / z.dim(1)), 1, 1e-8)));
  }
  for (const nn::EqualizedLinear& layer : layers_) w = layer.Forward(w, activation_);
  return w;
}

}  // namespace sg::gan
