#include "gan/model/stylegan2/generator.h"

#include <cmath>

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"

namespace sg::gan {
namespace {

// The residual block's 1/sqrt(2) is folded into the gains of both summands.
const double kSqrtHalf = std::sqrt(0.5);

bool IsResidual(const ModelConfig& config) { return config.g_architecture == Architecture::kResnet; }

std::optional<ToRgb> MakeToRgb(const ModelConfig& config, int64_t in, const nn::InitContext& init, bool is_last) {
  if (config.g_architecture != Architecture::kSkip && !is_last) return std::nullopt;
  return ToRgb(config, in, init);
}

std::optional<nn::EqualizedConv2d> MakeSkip(const ModelConfig& config, int64_t in, int64_t out,
                                            const nn::InitContext& init) {
  if (!IsResidual(config)) return std::nullopt;
  return nn::EqualizedConv2d({in, out, /*kernel=*/1, /*padding=*/0, /*stride=*/1, /*bias=*/std::nullopt}, init);
}

std::vector<BlockNoise> MakeNoiseConst(const ModelConfig& config, const nn::InitContext& init) {
  if (!config.noise || !config.noise_const) return {};
  RandomStream placeholder;  // of a generator that is then loaded from a file
  return RandomNoise(config, /*batch=*/1, init.precision.parameter, init.device,
                     init.random != nullptr ? init.random : &placeholder);
}

}  // namespace

std::vector<int64_t> GeneratorFeatures(const ModelConfig& config) {
  std::vector<int64_t> features;
  for (int i = config.NumBlocks() - 1; i >= 0; --i) features.push_back(config.Channels(config.g_features, i));
  return features;
}

GeneratorBlock::GeneratorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init,
                               bool is_last)
    : style_block1_(config, in, out, init, /*doubles_size=*/config.strided_conv),
      style_block2_(config, out, out, init, /*doubles_size=*/false, IsResidual(config) ? kSqrtHalf : 1),
      to_rgb_(MakeToRgb(config, out, init, is_last)),
      skip_(MakeSkip(config, in, out, init)),
      resampler_(config),
      strided_conv_(config.strided_conv) {}

BlockModulations GeneratorBlock::Modulate(const BlockLatents& w) const {
  return {style_block1_.Modulate(w.first), style_block2_.Modulate(w.second),
          to_rgb_ ? to_rgb_->Modulate(w.rgb) : Modulation()};
}

GeneratorBlock::Output GeneratorBlock::Forward(const Tensor& x, const BlockModulations& modulations,
                                               const BlockNoise& noise) const {
  const Tensor hidden = style_block1_.Forward(x, modulations.first, noise.first);
  Tensor features = style_block2_.Forward(hidden, modulations.second, noise.second);
  if (skip_) {
    const Tensor skip = skip_->Forward(x, {/*slope=*/1, kSqrtHalf});
    features = Add(features, strided_conv_ ? resampler_.Up(skip) : skip);
  }
  return {features, to_rgb_ ? to_rgb_->Forward(features, modulations.rgb) : Tensor()};
}

Generator::Generator(const ModelConfig& config, const nn::InitContext& init)
    : initial_constant_(
          nn::NormalParameter({1, config.base_height, config.base_width, GeneratorFeatures(config)[0]}, init)),
      style_block_(config, GeneratorFeatures(config)[0], GeneratorFeatures(config)[0], init),
      to_rgb_(MakeToRgb(config, GeneratorFeatures(config)[0], init, /*is_last=*/false)),
      resampler_(config),
      latent_per_layer_(config.latent_per_layer),
      strided_conv_(config.strided_conv),
      num_latents_(config.NumLatents()) {
  const std::vector<int64_t> features = GeneratorFeatures(config);
  for (size_t i = 1; i < features.size(); ++i) {
    blocks_.emplace_back(config, features[i - 1], features[i], init, /*is_last=*/i + 1 == features.size());
  }
  noise_const_ = MakeNoiseConst(config, init);
}

Tensor Generator::Forward(const Tensor& w, const std::vector<BlockNoise>& noise) const {
  const TraceScope trace("Generator");
  SG_CHECK(w.shape().rank() == 3 && w.dim(0) == num_latents_ && static_cast<int>(noise.size()) == num_blocks())
      << "[Generator] " << num_blocks() << " blocks, latents " << w << " instead of " << num_latents_ << ", "
      << noise.size() << " noises";
  const int64_t batch = w.dim(1), d = w.dim(2);
  std::vector<Tensor> latents;
  for (int i = 0; i < num_latents_; ++i) latents.push_back(Reshape(Narrow(w, 0, i, 1), {batch, d}));
  const auto latents_of = [&](size_t block) -> BlockLatents {
    if (latent_per_layer_) return {latents[2 * block - 1], latents[2 * block], latents[2 * block + 1]};
    return {latents[block], latents[block], latents[block]};
  };

  const Modulation first = style_block_.Modulate(latents[0]);
  const Modulation first_rgb = to_rgb_ ? to_rgb_->Modulate(latents[latent_per_layer_ ? 1 : 0]) : Modulation();
  std::vector<BlockModulations> modulations;
  for (size_t i = 0; i < blocks_.size(); ++i) modulations.push_back(blocks_[i].Modulate(latents_of(i + 1)));

  const Shape& constant = initial_constant_.shape();
  Tensor x = BroadcastTo(initial_constant_, {batch, constant.dim(1), constant.dim(2), constant.dim(3)});
  x = style_block_.Forward(x, first, noise[0].second);
  Tensor rgb = to_rgb_ ? to_rgb_->Forward(x, first_rgb) : Tensor();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const GeneratorBlock::Output out =
        blocks_[i].Forward(strided_conv_ ? x : resampler_.Up(x), modulations[i], noise[i + 1]);
    x = out.features;
    rgb = rgb.defined() ? Add(resampler_.Up(rgb), out.rgb) : out.rgb;
  }
  return rgb;
}

}  // namespace sg::gan
