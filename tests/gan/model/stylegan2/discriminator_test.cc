#include "gan/model/stylegan2/discriminator.h"

#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/common/minibatch_stddev.h"
#include "gtest/gtest.h"
#include "nn/layers/equalized_conv2d.h"
#include "nn/layers/equalized_linear.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F64;
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

ModelConfig OfficialModel(int resolution, int channel_base) {
  ModelConfig config = PresetConfig("official")->model;
  config.resolution = resolution;
  config.channel_base = channel_base;
  return config;
}

// From NVIDIA's printouts, which count only parameters.
TEST(Discriminator, HasTheOfficialNumberOfParameters) {
  for (const auto& [resolution, base, count] :
       {std::tuple<int, int, int64_t>{256, 16384, 24001089}, {64, 16384, 23407361}, {1024, 32768, 29012513}}) {
    Discriminator discriminator = Planned(OfficialModel(resolution, base));
    EXPECT_EQ(nn::CountElements(nn::Parameters(discriminator)), count) << resolution;
  }
}

TEST(Discriminator, HasTheOfficialFeatures) {
  EXPECT_EQ(DiscriminatorFeatures(OfficialModel(64, 16384)), (std::vector<int64_t>{256, 512, 512, 512, 512}));
}

TEST(Discriminator, NamesTheOfficialHeadAndNoBiasBesideItsBlocks) {
  Discriminator discriminator = Planned(OfficialModel(8, 64));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(discriminator)) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"from_rgb.0.weight.weight", "from_rgb.0.bias",
                                             "blocks.0.residual.1.weight.weight", "blocks.0.block.0.weight.weight",
                                             "blocks.0.block.0.bias", "blocks.0.block.2.weight.weight",
                                             "blocks.0.block.2.bias", "conv.weight.weight", "conv.bias",
                                             "fc.weight.weight", "fc.bias", "final.weight.weight", "final.bias"}));
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

// Computes a block by hand, with the paper's gain and downsampling.
TEST(Discriminator, BlockAddsItsResidual) {
  ModelConfig config = Config(8, 2, 4);
  config.resample = Resampling::kFir;
  config.activation_gain = std::sqrt(2.0);
  RandomStream random, same;
  const DiscriminatorBlock block(config, 2, 3, RefF64(&random));
  const nn::EqualizedConv2d residual({2, 3, 1, 0, /*stride=*/1, config.conv_bias_init}, RefF64(&same));
  const nn::EqualizedConv2d conv0({2, 2, 3, 1, /*stride=*/1, config.conv_bias_init}, RefF64(&same));
  const nn::EqualizedConv2d conv1({2, 3, 3, 1, /*stride=*/1, config.conv_bias_init}, RefF64(&same));
  const Resampler resampler(config);
  const Tensor x = NormalF64({2, 4, 4, 2}, 1);
  const auto activate = [](const Tensor& t) { return Scale(LeakyRelu(t, 0.2), std::sqrt(2.0)); };
  const Tensor y = activate(conv1.Forward(activate(conv0.Forward(x))));
  // Downsampling and the 1x1 convolution commute only away from the edge. The image is downsampled first.
  const Tensor want = Scale(Add(resampler.Down(y), residual.Forward(resampler.Down(x))), 1 / std::sqrt(2.0));
  testing::ExpectSameValues(block.Forward(x), want, 1e-13);
}

// Compares scores and gradients. The batches must not influence each other.
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

// Computes the second convolution by hand: the filter with two zeros on each side, the convolution without padding at
// every position, then every second result.
TEST(Discriminator, AStridedBlockBlursConvolvesAndDropsEverySecond) {
  const ModelConfig config = OfficialModel(8, 16);
  RandomStream random, same;
  const DiscriminatorBlock block(config, 2, 3, RefF64(&random));
  const nn::EqualizedConv2d residual({2, 3, 1, 0, /*stride=*/1, std::nullopt}, RefF64(&same));
  const nn::EqualizedConv2d conv0({2, 2, 3, 1, /*stride=*/1, 0}, RefF64(&same)),
      conv1({2, 3, 3, 0, /*stride=*/1, 0}, RefF64(&same));
  const std::vector<float> filter = {0.125f, 0.375f, 0.375f, 0.125f};
  const UpFirDnParams blur = MakeUpFirDn({1, 1, 2, 2, filter, EdgeMode::kZero});
  const UpFirDnParams drop = MakeUpFirDn({1, 2, 0, 0, {1}, EdgeMode::kZero});
  const UpFirDnParams down = MakeUpFirDn({1, 2, 1, 1, filter, EdgeMode::kZero});
  const auto activate = [](const Tensor& t) { return Scale(LeakyRelu(t, 0.2), std::sqrt(2.0)); };
  const Tensor x = NormalF64({2, 4, 6, 2}, 1);
  const Tensor y = activate(UpFirDn2d(conv1.Forward(UpFirDn2d(activate(conv0.Forward(x)), blur)), drop));
  EXPECT_EQ(block.Forward(x).shape(), Shape({2, 2, 3, 3}));
  testing::ExpectSameValues(block.Forward(x), Scale(Add(y, residual.Forward(UpFirDn2d(x, down))), 1 / std::sqrt(2.0)),
                            1e-13);
}

// Computes the head by hand, with only the block from 8 to 4 pixels before it.
TEST(Discriminator, TheDenseHeadActivatesAllButTheLastLayer) {
  ModelConfig config = OfficialModel(8, 16);
  config.mbstd_group = 2;
  RandomStream random, same;
  const Discriminator discriminator(config, RefF64(&random));
  const nn::EqualizedConv2d from_rgb({3, 2, 1, 0, /*stride=*/1, 0}, RefF64(&same)),
      conv({5, 4, 3, 1, /*stride=*/1, 0}, RefF64(&same));
  const nn::EqualizedLinear fc(64, 4, 0, RefF64(&same)), last(4, 1, 0, RefF64(&same));
  const DiscriminatorBlock block(config, 2, 4, RefF64(&same));
  MinibatchStdDevParams stddev;
  stddev.group = 2;
  stddev.per_group = true;
  stddev.unbiased = false;
  const auto activate = [](const Tensor& t) { return Scale(LeakyRelu(t, 0.2), std::sqrt(2.0)); };
  const Tensor images = NormalF64({4, 8, 8, 3}, 1);
  const Tensor x = block.Forward(activate(from_rgb.Forward(images)));  // [-1,1]: no offset is subtracted
  const Tensor y = Permute(activate(conv.Forward(MinibatchStdDev(x, stddev))), {0, 3, 1, 2});
  testing::ExpectSameValues(discriminator.Forward(images), last.Forward(activate(fc.Forward(Reshape(y, {4, 64})))),
                            1e-12);
}

TEST(Discriminator, TakesTheConfiguredRange) {
  ModelConfig config = Config(8, 2, 4);
  RandomStream random, same;
  const Discriminator unsigned_range(config, RefF64(&random));
  config.image_range = ImageRange::kMinusOneToOne;
  const Discriminator signed_range(config, RefF64(&same));
  const Tensor images = NormalF64({4, 8, 8, 3}, 1);
  testing::ExpectSameValues(signed_range.Forward(images), unsigned_range.Forward(Affine(images, 1, 0.5)), 1e-12);
}

void ExpectSecondOrder(ModelConfig config) {
  config.mbstd_group = 2;
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
      Discriminator(config, RefF64(&random)), {NormalF64(config.image_spec().BatchShape(2), 1)},
      [](const Discriminator& d, const testing::Tensors& in) { return d.Forward(in[0]); }, options));
}

TEST(Discriminator, OfficialDifferentiatesToSecondOrder) { ExpectSecondOrder(OfficialModel(8, 8)); }

TEST(Discriminator, OfRectanglesDifferentiatesToSecondOrder) {
  for (ModelConfig config : {Config(8, 1, 2), OfficialModel(8, 8)}) {
    config.base_height = 3;
    config.base_width = 5;
    ExpectSecondOrder(config);
  }
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

TEST(Discriminator, DifferentiatesToSecondOrder) { ExpectSecondOrder(Config(8, 1, 2)); }

TEST(Discriminator, OfEveryArchitectureDifferentiatesToSecondOrder) {
  for (const Architecture architecture : {Architecture::kSkip, Architecture::kOrig}) {
    ModelConfig config = OfficialModel(8, 8);
    config.d_architecture = architecture;
    ExpectSecondOrder(config);
  }
}

std::vector<std::string> LayerNames(const ModelConfig& config) {
  Discriminator discriminator = Planned(config);
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(discriminator)) {
    const size_t end = p.name.find(".weight.weight");
    if (end != std::string::npos) names.push_back(p.name.substr(0, end));
  }
  return names;
}

TEST(Discriminator, NamesTheLayersOfItsArchitecture) {
  ModelConfig config = OfficialModel(16, 64);
  config.d_architecture = Architecture::kOrig;
  EXPECT_EQ(LayerNames(config),
            (std::vector<std::string>{"from_rgb.0", "blocks.0.block.0", "blocks.0.block.2", "blocks.1.block.0",
                                      "blocks.1.block.2", "conv", "fc", "final"}));
  config.d_architecture = Architecture::kSkip;
  EXPECT_EQ(LayerNames(config), (std::vector<std::string>{"from_rgb.0", "smaller_from_rgb.0", "smaller_from_rgb.1",
                                                          "blocks.0.block.0", "blocks.0.block.2", "blocks.1.block.0",
                                                          "blocks.1.block.2", "conv", "fc", "final"}));
}

// In the order of NVIDIA's Freeze-D, without the head.
TEST(DiscriminatorLayers, CountFromTheImage) {
  ModelConfig config = OfficialModel(16, 64);
  EXPECT_EQ(DiscriminatorLayers(config),
            (std::vector<std::string>{"from_rgb.0", "blocks.0.block.0", "blocks.0.block.2", "blocks.0.residual.1",
                                      "blocks.1.block.0", "blocks.1.block.2", "blocks.1.residual.1"}));
  config.d_architecture = Architecture::kSkip;
  EXPECT_EQ(DiscriminatorLayers(config),
            (std::vector<std::string>{"from_rgb.0", "blocks.0.block.0", "blocks.0.block.2", "smaller_from_rgb.0",
                                      "blocks.1.block.0", "blocks.1.block.2"}));
  for (const Architecture architecture : {Architecture::kSkip, Architecture::kResnet, Architecture::kOrig}) {
    config.d_architecture = architecture;
    EXPECT_EQ(static_cast<int>(DiscriminatorLayers(config).size()), config.FreezableLayers());
  }
}

// A group that is larger than the batch is the batch.
TEST(Discriminator, ComparesAtMostTheBatch) {
  const Tensor images = NormalF64({3, 8, 8, 3}, 1);
  ModelConfig config = Config(8, 2, 4);
  const auto scores = [&](int group, int64_t batches) {
    config.mbstd_group = group;
    RandomStream random;
    const Discriminator discriminator(config, RefF64(&random));
    return testing::Values(batches == 1 ? discriminator.Forward(images)
                                        : discriminator.Forward(Concat({images, images}, 0), batches));
  };
  EXPECT_EQ(scores(0, 1), scores(3, 1));
  EXPECT_EQ(scores(64, 1), scores(3, 1));
  EXPECT_EQ(scores(0, 2), scores(3, 2));
}

TEST(Discriminator, CanDoWithoutTheMinibatch) {
  ModelConfig config = OfficialModel(8, 16);
  config.mbstd_channels = 0;
  RandomStream random;
  const Discriminator discriminator(config, RefF64(&random));
  const Tensor a = NormalF64({1, 8, 8, 3}, 1), b = NormalF64({1, 8, 8, 3}, 2);
  testing::ExpectSameValues(Narrow(discriminator.Forward(Concat({a, b}, 0)), 0, 0, 1), discriminator.Forward(a), 1e-13);
}

// Computes the projection by hand from the parts of the network.
TEST(Discriminator, ProjectsOntoTheEmbeddingOfTheLabel) {
  ModelConfig config = OfficialModel(8, 16);
  config.label_dim = 3;
  config.mbstd_group = 2;
  RandomStream random;
  Discriminator conditional(config, RefF64(&random));
  const std::vector<nn::NamedTensor> parameters = nn::Parameters(conditional);
  MappingNetworkParams params;
  params.label_dim = 3;
  params.w_dim = 4;
  params.lr_mul = 0.01;
  params.activation = {0.2, std::sqrt(2.0)};
  MappingNetwork mapping(params, RefF64(&random));
  const std::vector<Tensor> of_mapping = nn::Tensors(nn::WithoutPrefix("mapping_network.", parameters));
  ASSERT_EQ(of_mapping.size(), 2u * 9);
  testing::ParameterSetter set_mapping(of_mapping.data());
  mapping.Visit(set_mapping);

  const Tensor images = NormalF64({2, 8, 8, 3}, 1), labels = F64({2, 3}, {0, 1, 0, 0, 0, 1});
  const Tensor projection = mapping.Forward(Tensor(), labels);
  // The score of an unconditional network whose last layer is one row of the conditional one's.
  std::vector<double> want = {0, 0};
  config.label_dim = 0;
  for (int64_t row = 0; row < 4; ++row) {
    Discriminator plain(config, RefF64(&random));
    std::vector<Tensor> values;
    for (const nn::NamedTensor& p : parameters) {
      if (p.name.find("mapping_network.") == 0) continue;
      values.push_back(p.name.find("final.") == 0 ? Narrow(p.tensor, 0, row, 1) : p.tensor);
    }
    testing::ParameterSetter set_plain(values.data());
    plain.Visit(set_plain);
    const std::vector<double> scores = testing::Values(plain.Forward(images));
    for (int n = 0; n < 2; ++n) want[n] += scores[n] * testing::Values(projection)[n * 4 + row] / 2;
  }
  testing::ExpectValues(conditional.Forward(images, labels, /*batches=*/1), want, 1e-12);
}

TEST(Discriminator, WithLabelsDifferentiatesToSecondOrder) {
  ModelConfig config = OfficialModel(8, 8);
  config.label_dim = 2;
  config.mbstd_group = 2;
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Discriminator>(
      Discriminator(config, RefF64(&random)), {NormalF64({2, 8, 8, 3}, 1), NormalF64({2, 2}, 2)},
      [](const Discriminator& d, const testing::Tensors& in) { return d.Forward(in[0], in[1], /*batches=*/1); },
      options));
}

TEST(DiscriminatorDeathTest, NamesTheMissingLabels) {
  ModelConfig config = OfficialModel(8, 8);
  config.label_dim = 2;
  RandomStream random;
  const Discriminator discriminator(config, RefF64(&random));
  EXPECT_DEATH(discriminator.Forward(NormalF64({2, 8, 8, 3}, 1)), "\\[Discriminator\\] needs labels: 1, got 0");
}

}  // namespace
}  // namespace sg::gan
