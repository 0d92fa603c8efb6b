#include "gan/model/generator.h"

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

std::vector<BlockNoise> RandomNoise(const ModelConfig& config, int64_t batch, DType dtype, Device device,
                                    RandomStream* stream) {
  std::vector<BlockNoise> noise(config.NumBlocks());
  if (!config.noise) return noise;
  for (int i = 0; i < config.NumBlocks(); ++i) {
    const int64_t size = int64_t{4} << i;
    if (i > 0) noise[i].first = RandomNormal({batch, size, size, 1}, dtype, device, stream);
    noise[i].second = RandomNormal({batch, size, size, 1}, dtype, device, stream);
  }
  return noise;
}

std::vector<BlockNoise> NoNoise(const ModelConfig& config) { return std::vector<BlockNoise>(config.NumBlocks()); }

GeneratorBlock::GeneratorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init)
    : style_block1_(config, in, out, init, /*doubles_size=*/config.strided_conv),
      style_block2_(config, out, out, init),
      to_rgb_(config, out, init) {}

GeneratorBlock::Output GeneratorBlock::Forward(const Tensor& x, const BlockLatents& w, const BlockNoise& noise) const {
  const Tensor features = style_block2_.Forward(style_block1_.Forward(x, w.first, noise.first), w.second, noise.second);
  return {features, to_rgb_.Forward(features, w.rgb)};
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
  const auto latent = [&](int i) { return Reshape(Narrow(w, 0, i, 1), {batch, d}); };
  const auto latents_of = [&](int block) -> BlockLatents {
    if (latent_per_layer_) return {latent(2 * block - 1), latent(2 * block), latent(2 * block + 1)};
    const Tensor one = latent(block);
    return {one, one, one};
  };

  const Shape& constant = initial_constant_.shape();
  Tensor x = BroadcastTo(initial_constant_, {batch, constant.dim(1), constant.dim(2), constant.dim(3)});
  x = style_block_.Forward(x, latent(0), noise[0].second);
  Tensor rgb = to_rgb_.Forward(x, latent(latent_per_layer_ ? 1 : 0));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const int block = static_cast<int>(i) + 1;
    const GeneratorBlock::Output out =
        blocks_[i].Forward(strided_conv_ ? x : resampler_.Up(x), latents_of(block), noise[block]);
    x = out.features;
    rgb = Add(resampler_.Up(rgb), out.rgb);
  }
  return rgb;
}

}  // namespace sg::gan
