#include "gan/model/discriminator.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/model/activation.h"

namespace sg::gan {
namespace {

constexpr int64_t kHeadSize = 2;  // the head's 3x3 convolution without padding leaves 2x2 of 4x4

}  // namespace

std::vector<int64_t> DiscriminatorFeatures(const ModelConfig& config) {
  std::vector<int64_t> features;
  for (int i = 0; i < config.NumBlocks(); ++i) {
    features.push_back(std::min<int64_t>(config.max_features, static_cast<int64_t>(config.d_features) << i));
  }
  return features;
}

DiscriminatorBlock::DiscriminatorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init)
    : residual_(in, out, /*kernel=*/1, /*padding=*/0, config.conv_bias_init, init),
      conv0_(in, in, /*kernel=*/3, /*padding=*/1, config.conv_bias_init, init),
      conv1_(in, out, /*kernel=*/3, /*padding=*/1, config.conv_bias_init, init),
      resampler_(config),
      activation_(LeakyReluOf(config)) {}

Tensor DiscriminatorBlock::Forward(const Tensor& x) const {
  const Tensor residual = residual_.Forward(resampler_.Down(x));
  const Tensor y = conv1_.Forward(conv0_.Forward(x, activation_), activation_);
  return AddScaled(resampler_.Down(y), std::sqrt(0.5), residual, std::sqrt(0.5));
}

Discriminator::Discriminator(const ModelConfig& config, const nn::InitContext& init)
    : from_rgb_(3, DiscriminatorFeatures(config).front(), /*kernel=*/1, /*padding=*/0, config.conv_bias_init, init),
      conv_(DiscriminatorFeatures(config).back() + 1, DiscriminatorFeatures(config).back() + 1, /*kernel=*/3,
            /*padding=*/0, config.conv_bias_init, init),
      final_(kHeadSize * kHeadSize * (DiscriminatorFeatures(config).back() + 1), 1, /*bias=*/0, init),
      activation_(LeakyReluOf(config)) {
  const std::vector<int64_t> features = DiscriminatorFeatures(config);
  for (size_t i = 1; i < features.size(); ++i) blocks_.emplace_back(config, features[i - 1], features[i], init);
  stddev_.group = config.mbstd_group;
  stddev_.per_group = config.mbstd_per_group;
  stddev_.unbiased = config.mbstd_unbiased;
}

Tensor Discriminator::Forward(const Tensor& images, int64_t batches) const {
  const TraceScope trace("Discriminator");
  Tensor x = from_rgb_.Forward(Affine(images, 1, -0.5), activation_);
  for (const DiscriminatorBlock& block : blocks_) x = block.Forward(x);
  MinibatchStdDevParams stddev = stddev_;
  stddev.batches = batches;
  x = conv_.Forward(MinibatchStdDev(x, stddev));
  // The final layer's inputs are counted channel by channel, as in the annotated model's files.
  x = Permute(x, {0, 3, 1, 2});
  return final_.Forward(Reshape(x, {x.dim(0), x.dim(1) * x.dim(2) * x.dim(3)}));
}

}  // namespace sg::gan
