#include "gan/model/stylegan2/style_block.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::NormalF64;
using testing::RefF64;

ModelConfig Config(int latent_dim) {
  ModelConfig config;
  config.latent_dim = latent_dim;
  return config;
}

class StyleBlockParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, StyleBlockParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(StyleBlockParity, WithNoiseIsPyTorchs) {
  testing::GoldenCase golden("style_block_noise", GetParam());
  StyleBlock block(Config(8), 6, 5, golden.init());
  golden.Fill(nn::Parameters(block));
  golden.ExpectMatches(block.Forward(golden.Input("x"), block.Modulate(golden.Input("w")), golden.Input("noise")));
}

TEST_P(StyleBlockParity, WithoutNoiseIsPyTorchs) {
  testing::GoldenCase golden("style_block", GetParam());
  StyleBlock block(Config(8), 6, 5, golden.init());
  golden.Fill(nn::Parameters(block));
  golden.ExpectMatches(block.Forward(golden.Input("x"), block.Modulate(golden.Input("w")), Tensor()));
}

TEST(StyleBlock, StartsWithStylesOfOneAndWithoutNoise) {
  RandomStream random;
  StyleBlock block(Config(3), 2, 4, RefF64(&random));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(block)) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"to_style.weight.weight", "to_style.bias", "conv.weight.weight",
                                             "scale_noise", "bias"}));
  const std::vector<Tensor> p = nn::Tensors(nn::Parameters(block));
  testing::ExpectValues(p[1], {1, 1});
  testing::ExpectValues(p[3], {0});
  testing::ExpectValues(p[4], {0, 0, 0, 0});
}

TEST(StyleBlock, AppliesTheActivationGain) {
  ModelConfig config = Config(3);
  RandomStream random, same;
  const StyleBlock plain(config, 2, 4, RefF64(&random));
  config.activation_gain = std::sqrt(2.0);
  const StyleBlock louder(config, 2, 4, RefF64(&same));
  const Tensor x = NormalF64({2, 3, 3, 2}, 1), w = NormalF64({2, 3}, 2);
  testing::ExpectSameValues(louder.Forward(x, louder.Modulate(w), Tensor()),
                            Scale(plain.Forward(x, plain.Modulate(w), Tensor()), std::sqrt(2.0)), 1e-14);
}

// The parameters are the same except for the layout of the weight. The noise has the size of the result.
TEST(StyleBlock, CanDoubleTheSize) {
  ModelConfig config = Config(3);
  config.resample = Resampling::kFir;
  RandomStream random;
  StyleBlock block(config, 2, 4, RefF64(&random), /*doubles_size=*/true);
  const std::vector<nn::NamedTensor> parameters = nn::Parameters(block);
  EXPECT_EQ(parameters[2].name, "conv.weight.weight");
  EXPECT_EQ(parameters[2].tensor.shape(), Shape({2, 3, 3, 4}));
  const Tensor x = NormalF64({2, 3, 5, 2}, 1), w = NormalF64({2, 3}, 2), noise = NormalF64({2, 6, 10, 1}, 3);
  EXPECT_EQ(block.Forward(x, block.Modulate(w), noise).shape(), Shape({2, 6, 10, 4}));
}

TEST(StyleBlock, DifferentiatesToSecondOrder) {
  ModelConfig doubling = Config(2);
  doubling.resample = Resampling::kFir;
  RandomStream other;
  EXPECT_TRUE(testing::CheckModuleGradients<StyleBlock>(
      StyleBlock(doubling, 2, 3, RefF64(&other), /*doubles_size=*/true),
      {NormalF64({2, 2, 3, 2}, 1), NormalF64({2, 2}, 2), NormalF64({2, 4, 6, 1}, 3)},
      [](const StyleBlock& m, const testing::Tensors& in) { return m.Forward(in[0], m.Modulate(in[1]), in[2]); }));
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<StyleBlock>(
      StyleBlock(Config(2), 2, 3, RefF64(&random)),
      {NormalF64({2, 2, 3, 2}, 1), NormalF64({2, 2}, 2), NormalF64({2, 2, 3, 1}, 3)},
      [](const StyleBlock& m, const testing::Tensors& in) { return m.Forward(in[0], m.Modulate(in[1]), in[2]); }));
}

}  // namespace
}  // namespace sg::gan
