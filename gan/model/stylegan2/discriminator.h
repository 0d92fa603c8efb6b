// Discriminator: a network from the image down to the size of the generator's constant, the minibatch standard
// deviation, and a head that returns one score per image. config.d_architecture says what goes around the blocks
// (Karras et al. 2020, section 4.1): with kResnet their input, with kSkip the down-sampled image, whose features are
// added at every size, with kOrig nothing.
//
// With labels, the head returns a vector instead, and the score is its product with a vector that a mapping network
// makes of the label, divided by sqrt(elements) (the projection discriminator of Miyato and Koyama, 2018).
#ifndef GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_
#define GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_

#include <optional>
#include <vector>

#include "gan/config/config.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/common/minibatch_stddev.h"
#include "gan/model/common/resample.h"
#include "gan/model/network.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_conv2d.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

// The mapping network of the labels is NVIDIA's, whatever the generator's is.
constexpr int kLabelLayers = 8;
constexpr double kLabelLrMul = 0.01;

// Two 3x3 convolutions and down-sampling, with kResnet in parallel with a 1x1 convolution of the down-sampled input:
// (y + residual) / sqrt(2). With strided_conv, the second convolution has stride 2 and follows a blur.
class DiscriminatorBlock {
 public:
  DiscriminatorBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    if (residual_) v("residual.1", *residual_);
    v("block.0", conv0_);
    v("block.2", conv1_);
  }

  // x [N,H,W,in] -> [N,H/2,W/2,out].
  Tensor Forward(const Tensor& x) const;

 private:
  std::optional<nn::EqualizedConv2d> residual_;  // with kResnet
  nn::EqualizedConv2d conv0_, conv1_;
  Resampler resampler_;
  nn::Activation activation_, last_activation_;
  bool strided_conv_;
};

class Discriminator final : public DiscriminatorNetwork {
 public:
  Discriminator(const ModelConfig& config, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) override {
    v("from_rgb.0", from_rgb_);
    v("smaller_from_rgb", smaller_from_rgb_);
    v("blocks", blocks_);
    v("conv", conv_);
    if (fc_) v("fc", *fc_);
    v("final", final_);
    if (mapping_) v("mapping_network", *mapping_);
  }

  using DiscriminatorNetwork::Forward;
  Tensor Forward(const Tensor& images, const Tensor& labels, int64_t batches) const override;

 private:
  // The features before the minibatch standard deviation.
  Tensor Features(Tensor image) const;

  nn::EqualizedConv2d from_rgb_;
  std::vector<nn::EqualizedConv2d> smaller_from_rgb_;  // with kSkip, from half the size to 4x4
  std::vector<DiscriminatorBlock> blocks_;
  nn::EqualizedConv2d conv_;
  std::optional<nn::EqualizedLinear> fc_;  // with fc_head
  nn::EqualizedLinear final_;
  std::optional<MappingNetwork> mapping_;  // with labels
  Resampler resampler_;
  MinibatchStdDevParams stddev_;
  nn::Activation activation_, clamped_;
  bool signed_images_;
};

// The names of the layers before the head, from the image on, as Freeze-D counts them: "from_rgb.0",
// "blocks.0.block.0", "blocks.0.block.2", "blocks.0.residual.1", ... The parameters of a layer have its name and a dot
// as prefix.
std::vector<std::string> DiscriminatorLayers(const ModelConfig& config);

// Channels of the discriminator's features, from full resolution to 4x4.
std::vector<int64_t> DiscriminatorFeatures(const ModelConfig& config);

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_DISCRIMINATOR_H_
