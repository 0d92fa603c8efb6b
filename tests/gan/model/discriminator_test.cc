#include "gan/model/discriminator.h"

#include <cmath>
#include <string>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::NormalF64;
using testing::RefF64;

ModelConfig Config(int resolution, int features, int max_features) {
  ModelConfig config;
  config.resolution = resolution;
  config.d_features = features;
  config.max_features = max_features;
  return config;
}

class DiscriminatorParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, DiscriminatorParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(DiscriminatorParity, IsPyTorchs) {
  testing::GoldenCase golden("discriminator", GetParam());
  Discriminator discriminator(Config(16, 8, 32), golden.init());
  golden.Fill(nn::Parameters(discriminator));
  golden.ExpectMatches(discriminator.Forward(golden.Input("x")));
}

TEST_P(DiscriminatorParity, OfOneBlockIsPyTorchs) {
  testing::GoldenCase golden("discriminator_block", GetParam());
  DiscriminatorBlock block(Config(16, 8, 32), 5, 6, golden.init());
  golden.Fill(nn::Parameters(block));
  golden.ExpectMatches(block.Forward(golden.Input("x")));
}

Discriminator Planned(const ModelConfig& config) {
  RandomStream random;
  nn::InitContext init;
  init.device = Device::Plan();
  init.random = &random;
  return Discriminator(config, init);
}

TEST(Discriminator, HasThePublishedNumberOfParameters) {
  for (const auto& [resolution, count] : {std::pair<int, int64_t>{32, 4868047}, {64, 9850319}, {128, 14832591}}) {
    Discriminator discriminator = Planned(Config(resolution, 64, 512));
    EXPECT_EQ(nn::CountElements(nn::Parameters(discriminator)), count) << resolution;
  }
}

TEST(Discriminator, HasTheAnnotatedFeatures) {
  EXPECT_EQ(DiscriminatorFeatures(Config(64, 64, 512)), (std::vector<int64_t>{64, 128, 256, 512, 512}));
}

TEST(Discriminator, HasTheNamesOfTheAnnotatedStateDict) {
  std::vector<std::string> want;
  for (const char* layer : {"from_rgb.0", "blocks.0.residual.1", "blocks.0.block.0", "blocks.0.block.2",
                            "blocks.1.residual.1", "blocks.1.block.0", "blocks.1.block.2", "conv", "final"}) {
    want.push_back(std::string(layer) + ".weight.weight");
    want.push_back(std::string(layer) + ".bias");
  }
  Discriminator discriminator = Planned(Config(16, 64, 512));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(discriminator)) names.push_back(p.name);
  EXPECT_EQ(names, want);
}

TEST(Discriminator, StartsWithTheConfiguredBiasOfConvolutions) {
  for (const double bias : {1.0, 0.0}) {
    ModelConfig config = Config(8, 2, 4);
    config.conv_bias_init = bias;
    RandomStream random;
    Discriminator discriminator(config, RefF64(&random));
    for (const nn::NamedTensor& p : nn::Parameters(discriminator)) {
      if (p.tensor.shape().rank() > 1) continue;
      const double want = p.name == "final.bias" ? 0 : bias;
      for (double v : testing::Values(p.tensor)) EXPECT_EQ(v, want) << p.name;
    }
  }
}

// A block by hand, with the paper's gain and down-sampling.
TEST(Discriminator, BlockAddsItsResidual) {
  ModelConfig config = Config(8, 2, 4);
  config.resample = "fir";
  config.activation_gain = std::sqrt(2.0);
  RandomStream random, same;
  const DiscriminatorBlock block(config, 2, 3, RefF64(&random));
  const nn::EqualizedConv2d residual(2, 3, 1, 0, config.conv_bias_init, RefF64(&same));
  const nn::EqualizedConv2d conv0(2, 2, 3, 1, config.conv_bias_init, RefF64(&same));
  const nn::EqualizedConv2d conv1(2, 3, 3, 1, config.conv_bias_init, RefF64(&same));
  const Resampler resampler(config);
  const Tensor x = NormalF64({2, 4, 4, 2}, 1);
  const auto activate = [](const Tensor& t) { return Scale(LeakyRelu(t, 0.2), std::sqrt(2.0)); };
  const Tensor y = activate(conv1.Forward(activate(conv0.Forward(x))));
  // Down-sampling and the 1x1 convolution commute only away from the edge: the image is made small first.
  const Tensor want = Scale(Add(resampler.Down(y), residual.Forward(resampler.Down(x))), 1 / std::sqrt(2.0));
  testing::ExpectSameValues(block.Forward(x), want, 1e-13);
}

// Scores and gradients: the two know nothing of each other.
TEST(Discriminator, OfTwoBatchesIsThatOfEach) {
  ModelConfig config = Config(8, 2, 4);
  config.mbstd_group = 2;
  RandomStream random;
  Discriminator discriminator(config, RefF64(&random));
  const std::vector<Tensor> parameters = nn::Tensors(nn::Parameters(discriminator));
  const Tensor a = NormalF64({2, 8, 8, 3}, 1), b = NormalF64({2, 8, 8, 3}, 2);
  const Tensor scores_a = discriminator.Forward(a), scores_b = discriminator.Forward(b);
  const Tensor both = discriminator.Forward(Concat({a, b}, 0), /*batches=*/2);
  testing::ExpectSameValues(both, Concat({scores_a, scores_b}, 0), 1e-13);
  const std::vector<Tensor> want = Grad({scores_a, scores_b}, parameters), got = Grad({both}, parameters);
  for (size_t i = 0; i < want.size(); ++i) testing::ExpectSameValues(got[i], want[i], 1e-12);
}

TEST(Discriminator, FollowsTheMinibatchSwitches) {
  const Tensor images = NormalF64({4, 8, 8, 3}, 1);
  std::vector<std::vector<double>> scores;
  for (const bool per_group : {false, true}) {
    for (const bool unbiased : {false, true}) {
      ModelConfig config = Config(8, 2, 4);
      config.mbstd_group = 2;
      config.mbstd_per_group = per_group;
      config.mbstd_unbiased = unbiased;
      RandomStream random;
      scores.push_back(testing::Values(Discriminator(config, RefF64(&random)).Forward(images)));
    }
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(scores[i], scores[j]) << i << " " << j;
  }
}

TEST(Discriminator, DifferentiatesToSecondOrder) {
  ModelConfig config = Config(8, 1, 2);
  config.mbstd_group = 2;
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
      Discriminator(config, RefF64(&random)), {NormalF64({2, 8, 8, 3}, 1)},
      [](const Discriminator& d, const testing::Tensors& in) { return d.Forward(in[0]); }, options));
}

}  // namespace
}  // namespace sg::gan
