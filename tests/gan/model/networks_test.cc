#include "gan/model/networks.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

nn::InitContext Planned(RandomStream* random) {
  nn::InitContext init;
  init.device = Device::Plan();
  init.random = random;
  return init;
}

TEST(MakeGenerator, NamesItsTwoNetworks) {
  RandomStream random;
  const std::unique_ptr<GeneratorNetwork> generator = MakeGenerator(ModelConfig(), Planned(&random));
  const std::vector<nn::NamedTensor> all = nn::Parameters(*generator);
  EXPECT_EQ(all.front().name, "mapping_network.net.0.weight.weight");
  EXPECT_EQ(all[16].name, "generator.initial_constant");
  EXPECT_EQ(all.back().name, "generator.blocks.3.to_rgb.bias");
  EXPECT_EQ(nn::CountElements(all), 2101248 + 6232312);
  EXPECT_EQ(nn::WithoutPrefix(kMappingPrefix, all).size(), 16u);
  EXPECT_EQ(nn::WithoutPrefix(kSynthesisPrefix, all).size(), all.size() - 16);
}

TEST(MakeDiscriminator, ScoresImagesOfTheSpec) {
  ModelConfig config;
  RandomStream random;
  const std::unique_ptr<DiscriminatorNetwork> discriminator = MakeDiscriminator(config, Planned(&random));
  const Tensor images = Tensor::Zeros(config.image_spec().BatchShape(4), DType::kF32, Device::Plan());
  EXPECT_EQ(discriminator->Forward(images).shape(), Shape({4, 1}));
  EXPECT_EQ(nn::Parameters(*discriminator).front().name, "from_rgb.0.weight.weight");
}

}  // namespace
}  // namespace sg::gan
