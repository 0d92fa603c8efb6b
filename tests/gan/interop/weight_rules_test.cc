#include "gan/interop/weight_rules.h"

#include <map>
#include <set>

#include "gan/config/presets.h"
#include "gan/model/networks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/module.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

ModelConfig OfficialModel(int resolution) {
  ModelConfig model = PresetConfig("official")->model;
  model.resolution = resolution;
  model.channel_base = 2 * resolution;
  model.max_features = 16;
  model.latent_dim = 8;
  model.mapping_layers = 3;
  return model;
}

Shape FileShape(const Shape& s) { return s.rank() == 4 ? Shape({s.dim(0), s.dim(3), s.dim(1), s.dim(2)}) : s; }

std::vector<ModelConfig> Models() {
  std::vector<ModelConfig> models = {OfficialModel(8), OfficialModel(32), OfficialModel(1024)};
  models.push_back(OfficialModel(32));
  models.back().label_dim = 5;
  models.back().w_dim = 12;
  models.back().noise_const = true;
  for (const Architecture architecture : {Architecture::kSkip, Architecture::kResnet, Architecture::kOrig}) {
    models.push_back(OfficialModel(16));
    models.back().image_channels = 1;
    models.back().g_architecture = models.back().d_architecture = architecture;
    models.back().mbstd_channels = static_cast<int>(architecture);  // 0, 1 and 2
  }
  models.push_back(OfficialModel(8));
  models.back().noise_const = true;
  models.back().noise = false;
  return models;
}

// The rules name every tensor of the networks once, with its shape.
TEST(WeightRules, CoverTheNetworks) {
  nn::InitContext plan;
  plan.device = Device::Plan();
  for (const ModelConfig& model : Models()) {
    const auto generator = MakeGenerator(model, plan);
    const auto discriminator = MakeDiscriminator(model, plan);
    const auto expect = [](const std::vector<WeightRule>& rules, const std::vector<nn::NamedTensor>& parameters) {
      std::map<std::string, Shape> ours;
      std::set<std::string> foreign;
      for (const WeightRule& rule : rules) {
        EXPECT_TRUE(ours.emplace(rule.ours, rule.shape).second) << rule.ours;
        EXPECT_TRUE(foreign.insert(rule.foreign).second) << rule.foreign;
        EXPECT_EQ(rule.shape.NumElements(), rule.foreign_shape.NumElements()) << rule.ours;
      }
      EXPECT_EQ(ours.size(), parameters.size());
      for (const nn::NamedTensor& p : parameters) EXPECT_EQ(ours[p.name], FileShape(p.tensor.shape())) << p.name;
    };
    std::vector<nn::NamedTensor> tensors = nn::Parameters(*generator);
    for (const nn::NamedTensor& buffer : nn::Buffers(*generator)) tensors.push_back(buffer);
    expect(GeneratorRules(model), tensors);
    expect(DiscriminatorRules(model), nn::Parameters(*discriminator));
  }
}

TEST(WeightRules, AnUpConvolutionExchangesItsChannels) {
  for (const WeightRule& rule : GeneratorRules(OfficialModel(8))) {
    if (rule.foreign != "synthesis.b8.conv0.weight") continue;
    EXPECT_EQ(rule.ours, "generator.blocks.0.style_block1.conv.weight.weight");
    EXPECT_EQ(rule.change, WeightChange::kExchange);
    HostTensor theirs = {rule.foreign_shape, std::vector<float>(rule.foreign_shape.NumElements())};
    theirs.values[1 * 9 + 2] = 5;  // [0,1,0,2]
    const HostTensor ours = FromForeign(rule, theirs, 0.01);
    EXPECT_EQ(ours.shape, rule.shape);
    EXPECT_EQ(ours.values[rule.shape[1] * 9 + 2], 5);  // [1,0,0,2]
    EXPECT_EQ(ToForeign(rule, ours, 0.01).values, theirs.values);
    return;
  }
  FAIL() << "there is no such rule";
}

TEST(WeightRules, TheMappingNetworkIsScaled) {
  WeightRule rule;
  rule.shape = rule.foreign_shape = {3};
  rule.change = WeightChange::kTimesLrMul;
  EXPECT_THAT(FromForeign(rule, {{3}, {100, -50, 0}}, 0.01).values, ElementsAre(100.0f * 0.01f, -50.0f * 0.01f, 0.0f));
  // Where some float is taken to the value, ToForeign finds one.
  HostTensor theirs = {{3}, {}};
  int different = 0;
  for (int i = 1; i <= 1000; ++i) {
    theirs.values = {1.0f / static_cast<float>(i), static_cast<float>(i) * 0.7f, -static_cast<float>(i)};
    const HostTensor ours = FromForeign(rule, theirs, 0.01);
    EXPECT_EQ(FromForeign(rule, ToForeign(rule, ours, 0.01), 0.01).values, ours.values);
    different += ToForeign(rule, ours, 0.01).values != theirs.values;
  }
  EXPECT_GT(different, 0);  // which is why a file with our values is better than one with theirs
  // With the same multiplier nothing changes.
  EXPECT_EQ(FromForeign(rule, theirs, 1).values, theirs.values);
  EXPECT_EQ(ToForeign(rule, theirs, 1).values, theirs.values);
}

TEST(WeightRules, NoiseMapsInOrder) {
  const std::vector<NoiseMap> maps = NoiseMaps(OfficialModel(16));
  ASSERT_EQ(maps.size(), 5u);
  EXPECT_EQ(maps[0].foreign, "synthesis.b4.conv1.noise_const");
  EXPECT_EQ(maps[3].foreign, "synthesis.b16.conv0.noise_const");
  EXPECT_EQ(maps[4].size, 16);
}

}  // namespace
}  // namespace sg::gan
