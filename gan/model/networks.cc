#include "gan/model/networks.h"

#include "gan/model/common/mapping_network.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"

namespace sg::gan {
namespace {

class StyleGan2Generator final : public GeneratorNetwork {
 public:
  StyleGan2Generator(const ModelConfig& config, const nn::InitContext& init)
      : mapping_(config, init), synthesis_(config, init) {}

  void Visit(nn::ParamVisitor& v) override {
    v("mapping_network", mapping_);
    v("generator", synthesis_);
  }
  using GeneratorNetwork::Map;
  Tensor Map(const Tensor& z, const Tensor& labels) const override { return mapping_.Forward(z, labels); }
  Tensor Synthesize(const Tensor& w, const std::vector<BlockNoise>& noise) const override {
    return synthesis_.Forward(w, noise);
  }
  const std::vector<BlockNoise>& NoiseConst() const override { return synthesis_.noise_const(); }

 private:
  MappingNetwork mapping_;
  Generator synthesis_;
};

}  // namespace

std::unique_ptr<GeneratorNetwork> MakeGenerator(const ModelConfig& config, const nn::InitContext& init) {
  return std::make_unique<StyleGan2Generator>(config, init);
}

std::unique_ptr<DiscriminatorNetwork> MakeDiscriminator(const ModelConfig& config, const nn::InitContext& init) {
  return std::make_unique<Discriminator>(config, init);
}

}  // namespace sg::gan
