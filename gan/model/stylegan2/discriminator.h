// Discriminator: a residual network from the image down to 4x4, the minibatch standard deviation, and a head that
// returns one score per image.
#ifndef GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_
#define GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_

#include <optional>
#include <vector>

#include "gan/config/config.h"
#include "gan/model/common/minibatch_stddev.h"
#include "gan/model/common/resample.h"
#include "gan/model/network.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_conv2d.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

// Two 3x3 convolutions and down-sampling in parallel with a 1x1 convolution of the down-sampled input:
// (y + residual) / sqrt(2). With strided_conv, the second convolution has stride 2 and follows a blur.
class DiscriminatorBlock {
 public:
  DiscriminatorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    v("residual.1", residual_);
    v("block.0", conv0_);
    v("block.2", conv1_);
  }

  // x [N,H,W,in] -> [N,H/2,W/2,out].
  Tensor Forward(const Tensor& x) const;

 private:
  nn::EqualizedConv2d residual_, conv0_, conv1_;
  Resampler resampler_;
  nn::Activation activation_, last_activation_;
  bool strided_conv_;
};

class Discriminator final : public DiscriminatorNetwork {
 public:
  Discriminator(const ModelConfig& config, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) override {
    v("from_rgb.0", from_rgb_);
    v("blocks", blocks_);
    v("conv", conv_);
    if (fc_) v("fc", *fc_);
    v("final", final_);
  }

  using DiscriminatorNetwork::Forward;
  Tensor Forward(const Tensor& images, int64_t batches) const override;

 private:
  nn::EqualizedConv2d from_rgb_;
  std::vector<DiscriminatorBlock> blocks_;
  nn::EqualizedConv2d conv_;
  std::optional<nn::EqualizedLinear> fc_;  // with fc_head
  nn::EqualizedLinear final_;
  MinibatchStdDevParams stddev_;
  nn::Activation activation_;
  bool signed_images_;
};

// Channels of the discriminator's features, from full resolution to 4x4.
std::vector<int64_t> DiscriminatorFeatures(const ModelConfig& config);

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_
