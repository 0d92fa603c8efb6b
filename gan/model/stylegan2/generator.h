// Generator (synthesis network): a learned constant, of 4x4 for square images, then blocks that double the size. What
// joins the blocks is config.g_architecture (Karras et al. 2020, section 4.1). With kSkip, each block adds its image to
// the up-sampled image of the blocks before it. Otherwise only the last block makes an image; with kResnet, each block
// adds its up-sampled input to its features. All styles and demodulations are computed before the first convolution:
// these many small operations and their gradients then stay together, which lets a GPU batch them.
#ifndef GAN_MODEL_STYLEGAN2_GENERATOR_H_
#define GAN_MODEL_STYLEGAN2_GENERATOR_H_

#include <optional>
#include <string>
#include <vector>

#include "gan/config/config.h"
#include "gan/model/common/noise.h"
#include "gan/model/common/resample.h"
#include "gan/model/common/to_rgb.h"
#include "gan/model/stylegan2/modulated_conv2d.h"
#include "gan/model/stylegan2/style_block.h"
#include "nn/init.h"
#include "nn/layers/equalized_conv2d.h"
#include "nn/module.h"

namespace sg::gan {

// The latents of one block, [N,d] each. All three are the same unless config.latent_per_layer.
struct BlockLatents {
  Tensor first, second, rgb;
};

// How they modulate the block's convolutions.
struct BlockModulations {
  Modulation first, second, rgb;
};

// Two StyleBlocks and a ToRGB at one resolution. With strided_conv the first doubles the size. With kResnet, a 1x1
// convolution of the input joins: (features + skip) / sqrt(2).
class GeneratorBlock {
 public:
  // `is_last` tells that the result has the full resolution.
  GeneratorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init, bool is_last = false);

  void Visit(nn::ParamVisitor& v) {
    v("style_block1", style_block1_);
    v("style_block2", style_block2_);
    if (to_rgb_) v("to_rgb", *to_rgb_);
    if (skip_) v("skip", *skip_);
  }

  struct Output {
    Tensor features;  // [N,H,W,out]
    Tensor rgb;       // [N,H,W,C], undefined if the block makes no image
  };
  BlockModulations Modulate(const BlockLatents& w) const;
  // x [N,H,W,in], or with strided_conv [N,H/2,W/2,in].
  Output Forward(const Tensor& x, const BlockModulations& modulations, const BlockNoise& noise) const;

 private:
  StyleBlock style_block1_, style_block2_;
  std::optional<ToRgb> to_rgb_;
  std::optional<nn::EqualizedConv2d> skip_;  // with kResnet
  Resampler resampler_;
  bool strided_conv_;
};

class Generator {
 public:
  Generator(const ModelConfig& config, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    v("initial_constant", initial_constant_);
    v("style_block", style_block_);
    if (to_rgb_) v("to_rgb", *to_rgb_);
    v("blocks", blocks_);
    for (size_t i = 0; i < noise_const_.size(); ++i) {
      const std::string block = "noise_const." + std::to_string(i);
      if (noise_const_[i].first.defined()) v.Buffer(block + ".first", noise_const_[i].first);
      v.Buffer(block + ".second", noise_const_[i].second);
    }
  }

  // w [config.NumLatents(),N,d]; noise has num_blocks() entries -> images [N,H,W,C], nominally in config.image_range.
  Tensor Forward(const Tensor& w, const std::vector<BlockNoise>& noise) const;

  // With config.noise_const the noise of pictures that shall not change, [1,r,r,1] each; else empty.
  const std::vector<BlockNoise>& noise_const() const { return noise_const_; }

  int num_blocks() const { return static_cast<int>(blocks_.size()) + 1; }

 private:
  Tensor initial_constant_;  // [1,4,4,C]
  StyleBlock style_block_;
  std::optional<ToRgb> to_rgb_;  // with kSkip
  std::vector<GeneratorBlock> blocks_;
  std::vector<BlockNoise> noise_const_;
  Resampler resampler_;
  bool latent_per_layer_, strided_conv_;
  int num_latents_;
};

// The channels of each block, from 4x4 to full resolution.
std::vector<int64_t> GeneratorFeatures(const ModelConfig& config);

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_GENERATOR_H_
