#include "gan/model/stylegan2/generator.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"

namespace sg::gan {

std::vector<int64_t> GeneratorFeatures(const ModelConfig& config) {
  std::vector<int64_t> features;
  for (int i = config.NumBlocks() - 1; i >= 0; --i) features.push_back(config.Channels(config.g_features, i));
  return features;
}

GeneratorBlock::GeneratorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init)
    : style_block1_(config, in, out, init, /*doubles_size=*/config.strided_conv),
      style_block2_(config, out, out, init),
      to_rgb_(config, out, init) {}

BlockModulations GeneratorBlock::Modulate(const BlockLatents& w) const {
  return {style_block1_.Modulate(w.first), style_block2_.Modulate(w.second), to_rgb_.Modulate(w.rgb)};
}

GeneratorBlock::Output GeneratorBlock::Forward(const Tensor& x, const BlockModulations& modulations,
                                               const BlockNoise& noise) const {
  const Tensor hidden = style_block1_.Forward(x, modulations.first, noise.first);
  const Tensor features = style_block2_.Forward(hidden, modulations.second, noise.second);
  return {features, to_rgb_.Forward(features, modulations.rgb)};
}

Generator::Generator(const ModelConfig& config, const nn::InitContext& init)
    : initial_constant_(nn::NormalParameter({1, 4, 4, GeneratorFeatures(config)[0]}, init)),
      style_block_(config, GeneratorFeatures(config)[0], GeneratorFeatures(config)[0], init),
      to_rgb_(config, GeneratorFeatures(config)[0], init),
      resampler_(config),
      latent_per_layer_(config.latent_per_layer),
      strided_conv_(config.strided_conv),
      num_latents_(config.NumLatents()) {
  const std::vector<int64_t> features = GeneratorFeatures(config);
  for (size_t i = 1; i < features.size(); ++i) blocks_.emplace_back(config, features[i - 1], features[i], init);
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
  const Modulation first_rgb = to_rgb_.Modulate(latents[latent_per_layer_ ? 1 : 0]);
  std::vector<BlockModulations> modulations;
  for (size_t i = 0; i < blocks_.size(); ++i) modulations.push_back(blocks_[i].Modulate(latents_of(i + 1)));

  const Shape& constant = initial_constant_.shape();
  Tensor x = BroadcastTo(initial_constant_, {batch, constant.dim(1), constant.dim(2), constant.dim(3)});
  x = style_block_.Forward(x, first, noise[0].second);
  Tensor rgb = to_rgb_.Forward(x, first_rgb);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const GeneratorBlock::Output out =
        blocks_[i].Forward(strided_conv_ ? x : resampler_.Up(x), modulations[i], noise[i + 1]);
    x = out.features;
    rgb = Add(resampler_.Up(rgb), out.rgb);
  }
  return rgb;
}

}  // namespace sg::gan
