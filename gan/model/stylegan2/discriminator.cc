#include "gan/model/stylegan2/discriminator.h"

#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/common/activation.h"

namespace sg::gan {
namespace {

// The block's 1/sqrt(2) is folded into the gains of both summands, so it costs no pass forward or backward.
const double kSqrtHalf = std::sqrt(0.5);
constexpr int64_t kLastSize = 4;      // of the last block's features
constexpr int64_t kUnpaddedSize = 2;  // of the same after a 3x3 convolution without padding

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

nn::EqualizedConv2dParams ResidualConv(const ModelConfig& config, int64_t in, int64_t out) {
  nn::EqualizedConv2dParams conv = Conv1x1(config, in, out);
  if (!config.skip_bias) conv.bias = std::nullopt;
  return conv;
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
  nn::EqualizedConv2dParams conv = Conv3x3(config, features + 1, features);  // the extra one is the standard deviation
  if (!config.fc_head) {
    conv.out = conv.in;
    conv.padding = 0;
  }
  return {conv, init};
}

std::optional<nn::EqualizedLinear> HeadDense(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  if (!config.fc_head) return std::nullopt;
  return nn::EqualizedLinear(kLastSize * kLastSize * features, features, /*bias=*/0, init);
}

nn::EqualizedLinear HeadFinal(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  return {config.fc_head ? features : kUnpaddedSize * kUnpaddedSize * (features + 1), 1, /*bias=*/0, init};
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

DiscriminatorBlock::DiscriminatorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init)
    : residual_(ResidualConv(config, in, out), init),
      conv0_(Conv3x3(config, in, in), init),
      conv1_(HalvingConv(config, in, out), init),
      resampler_(config),
      activation_(LeakyReluOf(config)),
      last_activation_{activation_.slope, activation_.gain * kSqrtHalf},
      strided_conv_(config.strided_conv) {}

Tensor DiscriminatorBlock::Forward(const Tensor& x) const {
  // Down-sampling before the 1x1 convolution quarters its work.
  const Tensor residual = residual_.Forward(resampler_.Down(x), {/*slope=*/1, kSqrtHalf});
  const Tensor y = conv0_.Forward(x, activation_);
  const Tensor halved = strided_conv_ ? conv1_.Forward(resampler_.BeforeStridedConv(y), last_activation_)
                                      : resampler_.Down(conv1_.Forward(y, last_activation_));
  return Add(halved, residual);
}

Discriminator::Discriminator(const ModelConfig& config, const nn::InitContext& init)
    : from_rgb_(Conv1x1(config, config.image_spec().channels, DiscriminatorFeatures(config).front()), init),
      conv_(HeadConv(config, init)),
      fc_(HeadDense(config, init)),
      final_(HeadFinal(config, init)),
      activation_(LeakyReluOf(config)),
      signed_images_(config.SignedImages()) {
  const std::vector<int64_t> features = DiscriminatorFeatures(config);
  for (size_t i = 1; i < features.size(); ++i) blocks_.emplace_back(config, features[i - 1], features[i], init);
  stddev_.group = config.mbstd_group;
  stddev_.per_group = config.mbstd_per_group;
  stddev_.unbiased = config.mbstd_unbiased;
}

Tensor Discriminator::Forward(const Tensor& images, int64_t batches) const {
  const TraceScope trace("Discriminator");
  Tensor x = from_rgb_.Forward(signed_images_ ? images : Affine(images, 1, -0.5), activation_);
  for (const DiscriminatorBlock& block : blocks_) x = block.Forward(x);
  MinibatchStdDevParams stddev = stddev_;
  stddev.batches = batches;
  x = MinibatchStdDev(x, stddev);
  if (!fc_) return final_.Forward(Flatten(conv_.Forward(x)));
  return final_.Forward(fc_->Forward(Flatten(conv_.Forward(x, activation_)), activation_));
}

}  // namespace sg::gan
