#include "gan/model/common/mapping_network.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/common/activation.h"

namespace sg::gan {
namespace {

MappingNetworkParams ParamsOf(const ModelConfig& config) {
  MappingNetworkParams params;
  params.z_dim = config.latent_dim;
  params.label_dim = config.label_dim;
  params.w_dim = config.WDim();
  params.layers = config.mapping_layers;
  params.lr_mul = config.mapping_lr_mul;
  params.norm = config.latent_norm;
  params.activation = LeakyReluOf(config);
  return params;
}

}  // namespace

MappingNetwork::MappingNetwork(const ModelConfig& config, const nn::InitContext& init)
    : MappingNetwork(ParamsOf(config), init) {}

MappingNetwork::MappingNetwork(const MappingNetworkParams& params, const nn::InitContext& init)
    : has_z_(params.z_dim > 0), unit_length_(params.norm == LatentNorm::kUnit), activation_(params.activation) {
  SG_CHECK(params.z_dim > 0 || params.label_dim > 0) << "[MappingNetwork] neither a latent nor a label";
  int64_t in = params.z_dim;
  if (params.label_dim > 0) {
    embed_.emplace(params.label_dim, params.w_dim, /*bias=*/0, init);
    in += params.w_dim;
  }
  for (int i = 0; i < params.layers; ++i) {
    layers_.emplace_back(i == 0 ? in : params.w_dim, params.w_dim, /*bias=*/0, init, params.lr_mul);
  }
}

Tensor MappingNetwork::Forward(const Tensor& z, const Tensor& labels) const {
  const TraceScope trace("MappingNetwork");
  SG_CHECK(z.defined() == has_z_ && labels.defined() == embed_.has_value())
      << "[MappingNetwork] needs z: " << has_z_ << ", labels: " << embed_.has_value() << "; got " << z.defined() << ", "
      << labels.defined();
  Tensor w;
  if (z.defined()) w = Normalize(z);
  if (labels.defined()) {
    const Tensor embedded = Normalize(embed_->Forward(labels));
    w = w.defined() ? Concat({w, embedded}, 1) : embedded;
  }
  for (const nn::EqualizedLinear& layer : layers_) w = layer.Forward(w, activation_);
  return w;
}

Tensor MappingNetwork::Normalize(const Tensor& x) const {
  const Shape one = {x.dim(0), 1};
  if (unit_length_) return Div(x, Clamp(Sqrt(MulSumTo(x, x, one)), 1e-12, 1e300));
  return Mul(x, Rsqrt(Affine(MulSumTo(x, x, one, 1.0 / x.dim(1)), 1, 1e-8)));
}

}  // namespace sg::gan
