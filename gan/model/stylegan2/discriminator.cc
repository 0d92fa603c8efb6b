#include "gan/model/stylegan2/discriminator.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/common/activation.h"

namespace sg::gan {
namespace {

// The block's 1/sqrt(2) is folded into the gains of both summands, so it costs no pass forward or backward.
const double kSqrtHalf = std::sqrt(0.5);

int64_t LastFeatures(const ModelConfig& config) { return DiscriminatorFeatures(config).back(); }

nn::EqualizedConv2dParams Conv3x3(const ModelConfig& config, int64_t in, int64_t out) {
  nn::EqualizedConv2dParams conv;
  conv.in = in;
  conv.out = out;
  conv.bias = config.conv_bias_init;
  return conv;
}

nn::EqualizedConv2dParams Conv1x1(const ModelConfig& config, int64_t in, int64_t out) {
  nn::EqualizedConv2dParams conv = Conv3x3(config, in, out);
  conv.kernel = 1;
  conv.padding = 0;
  return conv;
}

bool IsResidual(const ModelConfig& config) { return config.d_architecture == Architecture::kResnet; }

std::optional<nn::EqualizedConv2d> ResidualConv(const ModelConfig& config, int64_t in, int64_t out,
                                                const nn::InitContext& init) {
  if (!IsResidual(config)) return std::nullopt;
  nn::EqualizedConv2dParams conv = Conv1x1(config, in, out);
  if (!config.skip_bias) conv.bias = std::nullopt;
  return nn::EqualizedConv2d(conv, init);
}

nn::EqualizedConv2dParams HalvingConv(const ModelConfig& config, int64_t in, int64_t out) {
  nn::EqualizedConv2dParams conv = Conv3x3(config, in, out);
  if (config.strided_conv) {
    conv.padding = 0;
    conv.stride = 2;
  }
  return conv;
}

nn::EqualizedConv2d HeadConv(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  nn::EqualizedConv2dParams conv = Conv3x3(config, features + config.mbstd_channels, features);
  if (!config.fc_head) {
    conv.out = conv.in;
    conv.padding = 0;
  }
  return {conv, init};
}

std::optional<nn::EqualizedLinear> HeadDense(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  if (!config.fc_head) return std::nullopt;
  return nn::EqualizedLinear(config.HeightAt(0) * config.WidthAt(0) * features, features, /*bias=*/0, init);
}

nn::EqualizedLinear HeadFinal(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  // A 3x3 convolution without padding takes two rows and two columns.
  const int64_t convolved = (config.HeightAt(0) - 2) * (config.WidthAt(0) - 2);
  const int64_t in = config.fc_head ? features : convolved * (features + config.mbstd_channels);
  return {in, config.label_dim > 0 ? features : 1, /*bias=*/0, init};
}

std::optional<MappingNetwork> LabelMapping(const ModelConfig& config, const nn::InitContext& init) {
  if (config.label_dim == 0) return std::nullopt;
  MappingNetworkParams params;
  params.label_dim = config.label_dim;
  params.w_dim = LastFeatures(config);
  params.layers = kLabelLayers;
  params.lr_mul = kLabelLrMul;
  params.norm = config.latent_norm;
  params.activation = LeakyReluOf(config);
  return MappingNetwork(params, init);
}

// The inputs of dense layers are in channel-major order, as in PyTorch's files.
Tensor Flatten(const Tensor& x) {
  return Reshape(Permute(x, {0, 3, 1, 2}), {x.dim(0), x.dim(1) * x.dim(2) * x.dim(3)});
}

}  // namespace

std::vector<int64_t> DiscriminatorFeatures(const ModelConfig& config) {
  std::vector<int64_t> features;
  for (int i = 0; i < config.NumBlocks(); ++i) features.push_back(config.Channels(config.d_features, i));
  return features;
}

std::vector<std::string> DiscriminatorLayers(const ModelConfig& config) {
  std::vector<std::string> layers;
  for (int i = 0; i + 1 < config.NumBlocks(); ++i) {
    const std::string block = absl::StrCat("blocks.", i);
    if (i == 0) {
      layers.emplace_back("from_rgb.0");
    } else if (config.d_architecture == Architecture::kSkip) {
      layers.push_back(absl::StrCat("smaller_from_rgb.", i - 1));
    }
    layers.push_back(absl::StrCat(block, ".block.0"));
    layers.push_back(absl::StrCat(block, ".block.2"));
    if (IsResidual(config)) layers.push_back(absl::StrCat(block, ".residual.1"));
  }
  return layers;
}

DiscriminatorBlock::DiscriminatorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init)
    : residual_(ResidualConv(config, in, out, init)),
      conv0_(Conv3x3(config, in, in), init),
      conv1_(HalvingConv(config, in, out), init),
      resampler_(config),
      activation_(ClampedLeakyReluOf(config)),
      last_activation_(ClampedLeakyReluOf(config, IsResidual(config) ? kSqrtHalf : 1)),
      strided_conv_(config.strided_conv) {}

Tensor DiscriminatorBlock::Forward(const Tensor& x) const {
  // Down-sampling before the 1x1 convolution quarters its work.
  Tensor residual;
  if (residual_) residual = residual_->Forward(resampler_.Down(x), {/*slope=*/1, kSqrtHalf});
  const Tensor y = conv0_.Forward(x, activation_);
  const Tensor halved = strided_conv_ ? conv1_.Forward(resampler_.BeforeStridedConv(y), last_activation_)
                                      : resampler_.Down(conv1_.Forward(y, last_activation_));
  return residual.defined() ? Add(halved, residual) : halved;
}

Discriminator::Discriminator(const ModelConfig& config, const nn::InitContext& init)
    : from_rgb_(Conv1x1(config, config.image_spec().channels, DiscriminatorFeatures(config).front()), init),
      conv_(HeadConv(config, init)),
      fc_(HeadDense(config, init)),
      final_(HeadFinal(config, init)),
      mapping_(LabelMapping(config, init)),
      resampler_(config),
      activation_(LeakyReluOf(config)),
      clamped_(ClampedLeakyReluOf(config)),
      signed_images_(config.SignedImages()) {
  const std::vector<int64_t> features = DiscriminatorFeatures(config);
  for (size_t i = 1; i < features.size(); ++i) {
    blocks_.emplace_back(config, features[i - 1], features[i], init);
    if (config.d_architecture != Architecture::kSkip) continue;
    smaller_from_rgb_.emplace_back(Conv1x1(config, config.image_spec().channels, features[i]), init);
  }
  stddev_.group = config.mbstd_group;
  stddev_.channels = config.mbstd_channels;
  stddev_.per_group = config.mbstd_per_group;
  stddev_.unbiased = config.mbstd_unbiased;
}

Tensor Discriminator::Features(Tensor image) const {
  Tensor x = from_rgb_.Forward(image, clamped_);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i].Forward(x);
    if (smaller_from_rgb_.empty()) continue;
    image = resampler_.Down(image);
    const bool is_last = i + 1 == blocks_.size();  // NVIDIA clamps none of the head but its convolution
    x = Add(x, smaller_from_rgb_[i].Forward(image, is_last ? activation_ : clamped_));
  }
  return x;
}

Tensor Discriminator::Forward(const Tensor& images, const Tensor& labels, int64_t batches) const {
  const TraceScope trace("Discriminator");
  SG_CHECK(labels.defined() == mapping_.has_value())
      << "[Discriminator] needs labels: " << mapping_.has_value() << ", got " << labels.defined();
  Tensor x = Features(signed_images_ ? images : Affine(images, 1, -0.5));
  if (stddev_.channels > 0) {
    MinibatchStdDevParams stddev = stddev_;
    stddev.batches = batches;
    const int64_t batch = images.dim(0) / batches;
    stddev.group = stddev.group == 0 ? batch : std::min(stddev.group, batch);
    x = MinibatchStdDev(x, stddev);
  }
  Tensor scores;
  if (fc_) {
    scores = final_.Forward(fc_->Forward(Flatten(conv_.Forward(x, clamped_)), activation_));
  } else {
    scores = final_.Forward(Flatten(conv_.Forward(x)));
  }
  if (!mapping_) return scores;
  const Tensor projection = mapping_->Forward(/*z=*/Tensor(), labels);
  return MulSumTo(scores, projection, {scores.dim(0), 1}, 1 / std::sqrt(static_cast<double>(scores.dim(1))));
}

}  // namespace sg::gan
