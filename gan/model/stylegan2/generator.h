// Generator (synthesis network): a learned 4x4 constant, then blocks that double the size. Each block adds its image to
// the up-sampled image of the blocks before it. All styles and demodulations are computed before the first convolution:
// these many small operations and their gradients then stay together, which lets a GPU batch them.
#ifndef GAN_MODEL_STYLEGAN2_GENERATOR_H_
#define GAN_MODEL_STYLEGAN2_GENERATOR_H_

#include <vector>

#include "gan/config/config.h"
#include "gan/model/common/noise.h"
#include "gan/model/common/resample.h"
#include "gan/model/common/to_rgb.h"
#include "gan/model/stylegan2/modulated_conv2d.h"
#include "gan/model/stylegan2/style_block.h"
#include "nn/init.h"
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

// Two StyleBlocks and a ToRGB at one resolution. With strided_conv the first doubles the size.
class GeneratorBlock {
 public:
  GeneratorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    v("style_block1", style_block1_);
    v("style_block2", style_block2_);
    v("to_rgb", to_rgb_);
  }

  struct Output {
    Tensor features;  // [N,H,W,out]
    Tensor rgb;       // [N,H,W,C]
  };
  BlockModulations Modulate(const BlockLatents& w) const;
  // x [N,H,W,in], or with strided_conv [N,H/2,W/2,in].
  Output Forward(const Tensor& x, const BlockModulations& modulations, const BlockNoise& noise) const;

 private:
  StyleBlock style_block1_, style_block2_;
  ToRgb to_rgb_;
};

class Generator {
 public:
  Generator(const ModelConfig& config, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    v("initial_constant", initial_constant_);
    v("style_block", style_block_);
    v("to_rgb", to_rgb_);
    v("blocks", blocks_);
  }

  // w [config.NumLatents(),N,d]; noise has num_blocks() entries -> images [N,H,W,C], nominally in config.image_range.
  Tensor Forward(const Tensor& w, const std::vector<BlockNoise>& noise) const;

  int num_blocks() const { return static_cast<int>(blocks_.size()) + 1; }

 private:
  Tensor initial_constant_;  // [1,4,4,C]
  StyleBlock style_block_;
  ToRgb to_rgb_;
  std::vector<GeneratorBlock> blocks_;
  Resampler resampler_;
  bool latent_per_layer_, strided_conv_;
  int num_latents_;
};

// The channels of each block, from 4x4 to full resolution.
std::vector<int64_t> GeneratorFeatures(const ModelConfig& config);

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_GENERATOR_H_
