// What training and sampling need of a network, whatever its architecture. networks.h makes the one of a configuration.
//
//   std::unique_ptr<GeneratorNetwork> generator = MakeGenerator(config, init);
//   Tensor w = RepeatLatent(generator->Map(z), config.NumLatents());
//   Tensor images = generator->Synthesize(w, RandomNoise(config, n, DType::kF32, device, &stream));
#ifndef GAN_MODEL_NETWORK_H_
#define GAN_MODEL_NETWORK_H_

#include <cstdint>
#include <vector>

#include "gan/model/common/noise.h"
#include "nn/module.h"

namespace sg::gan {

// The prefixes of a generator's parameters: of those that Map uses, and of those that Synthesize uses.
constexpr char kMappingPrefix[] = "mapping_network.";
constexpr char kSynthesisPrefix[] = "generator.";

// The mapping network and the synthesis network.
class GeneratorNetwork {
 public:
  virtual ~GeneratorNetwork() = default;

  // Lists the parameters and buffers, each with one of the two prefixes.
  virtual void Visit(nn::ParamVisitor& v) = 0;

  // z [N,latent_dim] -> w [N,WDim()]. `labels` [N,label_dim] is undefined if the model has none.
  virtual Tensor Map(const Tensor& z, const Tensor& labels) const = 0;
  Tensor Map(const Tensor& z) const { return Map(z, Tensor()); }
  // w [ModelConfig::NumLatents(),N,d] -> images [N,H,W,C] of ModelConfig::image_spec(), nominally in its image_range.
  virtual Tensor Synthesize(const Tensor& w, const std::vector<BlockNoise>& noise) const = 0;
  // The noise that the network holds for pictures that shall not change, [1,r,r,1] each; empty without
  // ModelConfig::noise_const.
  virtual const std::vector<BlockNoise>& NoiseConst() const = 0;
};

class DiscriminatorNetwork {
 public:
  virtual ~DiscriminatorNetwork() = default;

  virtual void Visit(nn::ParamVisitor& v) = 0;

  // Images [N,H,W,C] in the model's image_range -> scores [N,1]. `labels` [N,label_dim] is undefined if the model has
  // none. N holds `batches` batches of one size in a row, whose statistics are kept apart.
  virtual Tensor Forward(const Tensor& images, const Tensor& labels, int64_t batches) const = 0;
  // Without labels.
  Tensor Forward(const Tensor& images, int64_t batches) const { return Forward(images, Tensor(), batches); }
  // Of one batch.
  Tensor Forward(const Tensor& images) const { return Forward(images, /*batches=*/1); }
};

}  // namespace sg::gan

#endif  // GAN_MODEL_NETWORK_H_
