#include "gan/model/stylegan2/discriminator.h"

#include <cmath>
#include <optional>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/common/activation.h"

namespace sg::gan {
namespace {

// The 1 / sqrt 2 of a block, as part of the gains on both sides of the sum: no pass of its own, nor back.
const double kSqrtHalf = std::sqrt(0.5);
constexpr int64_t kLastSize = 4;      // of the last block's features
constexpr int64_t kUnpaddedSize = 2;  // what a 3x3 convolution without padding leaves of them

int64_t LastFeatures(const ModelConfig& config) { return DiscriminatorFeatures(config).back(); }

nn::EqualizedConv2d HeadConv(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config), in = features + 1;  // the minibatch standard deviation is one more
  if (config.fc_head) return {in, features, /*kernel=*/3, /*padding=*/1, config.conv_bias_init, init};
  return {in, in, /*kernel=*/3, /*padding=*/0, config.conv_bias_init, init};
}

std::vector<nn::EqualizedLinear> HeadDense(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  if (!config.fc_head) return {};
  return {nn::EqualizedLinear(kLastSize * kLastSize * features, features, /*bias=*/0, init)};
}

nn::EqualizedLinear HeadFinal(const ModelConfig& config, const nn::InitContext& init) {
  const int64_t features = LastFeatures(config);
  return {config.fc_head ? features : kUnpaddedSize * kUnpaddedSize * (features + 1), 1, /*bias=*/0, init};
}

// Dense layers take their inputs channel by channel, as in PyTorch's files.
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
    : residual_(in, out, /*kernel=*/1, /*padding=*/0,
                config.skip_bias ? std::optional<double>(config.conv_bias_init) : std::nullopt, init),
      conv0_(in, in, /*kernel=*/3, /*padding=*/1, config.conv_bias_init, init),
      conv1_(in, out, /*kernel=*/3, /*padding=*/config.strided_conv ? 0 : 1, config.conv_bias_init, init,
             /*stride=*/config.strided_conv ? 2 : 1),
      resampler_(config),
      activation_(LeakyReluOf(config)),
      last_activation_{activation_.slope, activation_.gain * kSqrtHalf},
      strided_conv_(config.strided_conv) {}

Tensor DiscriminatorBlock::Forward(const Tensor& x) const {
  // The image is made small before the 1x1 convolution: a quarter of the work, and oneDNN's weight gradient of a 1x1
  // convolution with stride 2 and few channels crashes on AVX2.
  const Tensor residual = residual_.Forward(resampler_.Down(x), {/*slope=*/1, kSqrtHalf});
  const Tensor y = conv0_.Forward(x, activation_);
  const Tensor halved = strided_conv_ ? conv1_.Forward(resampler_.BeforeStridedConv(y), last_activation_)
                                      : resampler_.Down(conv1_.Forward(y, last_activation_));
  return Add(halved, residual);
}

Discriminator::Discriminator(const ModelConfig& config, const nn::InitContext& init)
    : from_rgb_(3, DiscriminatorFeatures(config).front(), /*kernel=*/1, /*padding=*/0, config.conv_bias_init, init),
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
  if (fc_.empty()) return final_.Forward(Flatten(conv_.Forward(x)));
  return final_.Forward(fc_[0].Forward(Flatten(conv_.Forward(x, activation_)), activation_));
}

}  // namespace sg::gan
