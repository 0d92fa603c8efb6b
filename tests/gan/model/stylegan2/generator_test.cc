#include "gan/model/stylegan2/generator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/types/span.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/model/common/latents.h"
#include "gtest/gtest.h"
#include "nn/layers/equalized_conv2d.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::NormalF64;
using testing::RefF64;

ModelConfig Config(int resolution, int latent_dim, int features, int max_features) {
  ModelConfig config;
  config.resolution = resolution;
  config.latent_dim = latent_dim;
  config.g_features = features;
  config.max_features = max_features;
  return config;
}

class GeneratorParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, GeneratorParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(GeneratorParity, IsPyTorchs) {
  testing::GoldenCase golden("generator", GetParam());
  Generator generator(Config(16, 16, 4, 16), golden.init());
  golden.Fill(nn::Parameters(generator));
  std::vector<BlockNoise> noise(3);
  for (int i = 0; i < 3; ++i) {
    const std::string name = "noise." + std::to_string(i);
    if (i > 0) noise[i].first = golden.Input(name + ".0");
    noise[i].second = golden.Input(name + ".1");
  }
  golden.ExpectMatches(generator.Forward(golden.Input("w"), noise));
}

TEST_P(GeneratorParity, OfOneBlockIsPyTorchs) {
  testing::GoldenCase golden("generator_block", GetParam());
  GeneratorBlock block(Config(16, 8, 4, 16), 6, 5, golden.init());
  golden.Fill(nn::Parameters(block));
  const Tensor x = golden.Input("x"), w = golden.Input("w");
  const GeneratorBlock::Output out =
      block.Forward(x, block.Modulate({w, w, w}), {golden.Input("noise.0"), golden.Input("noise.1")});
  golden.ExpectOutput("x", out.features);
  golden.ExpectOutput("rgb", out.rgb);
  golden.ExpectMatches(Concat({out.features, out.rgb}, 3));
}

Generator Planned(const ModelConfig& config) {
  RandomStream random;
  nn::InitContext init;
  init.device = Device::Plan();
  init.random = &random;
  return Generator(config, init);
}

TEST(Generator, HasThePublishedNumberOfParameters) {
  for (const auto& [resolution, count] : {std::pair<int, int64_t>{32, 1898995}, {64, 6232312}, {128, 11741437}}) {
    Generator generator = Planned(Config(resolution, 512, 32, 512));
    EXPECT_EQ(nn::CountElements(nn::Parameters(generator)), count) << resolution;
  }
}

ModelConfig OfficialModel(int resolution, int channel_base) {
  ModelConfig config = PresetConfig("official")->model;
  config.resolution = resolution;
  config.channel_base = channel_base;
  return config;
}

// From NVIDIA's printouts, which count only parameters: no constant noise, no average latent, no filters. Their sum
// includes the 2,101,248 parameters of the mapping network.
TEST(Generator, HasTheOfficialNumberOfParameters) {
  constexpr int64_t kMapping = 2101248;
  for (const auto& [resolution, base, count] :
       {std::tuple<int, int, int64_t>{256, 16384, 24767458}, {64, 16384, 23819544}, {1024, 32768, 30370060}}) {
    Generator generator = Planned(OfficialModel(resolution, base));
    EXPECT_EQ(nn::CountElements(nn::Parameters(generator)), count - kMapping) << resolution;
  }
}

TEST(Generator, HasTheOfficialFeatures) {
  EXPECT_EQ(GeneratorFeatures(OfficialModel(64, 16384)), (std::vector<int64_t>{512, 512, 512, 512, 256}));
  EXPECT_EQ(GeneratorFeatures(OfficialModel(256, 16384)), (std::vector<int64_t>{512, 512, 512, 512, 256, 128, 64}));
  EXPECT_EQ(GeneratorFeatures(OfficialModel(16, 100)), (std::vector<int64_t>{25, 12, 6})) << "rounded down";
}

TEST(Generator, HasTheAnnotatedFeatures) {
  EXPECT_EQ(GeneratorFeatures(Config(32, 512, 32, 512)), (std::vector<int64_t>{256, 128, 64, 32}));
  EXPECT_EQ(GeneratorFeatures(Config(64, 512, 32, 512)), (std::vector<int64_t>{512, 256, 128, 64, 32}));
  EXPECT_EQ(GeneratorFeatures(Config(128, 512, 32, 512)), (std::vector<int64_t>{512, 512, 256, 128, 64, 32}));
}

std::vector<std::string> StyleBlockNames(const std::string& prefix) {
  return {prefix + "to_style.weight.weight", prefix + "to_style.bias", prefix + "conv.weight.weight",
          prefix + "scale_noise", prefix + "bias"};
}

std::vector<std::string> ToRgbNames(const std::string& prefix) {
  return {prefix + "to_style.weight.weight", prefix + "to_style.bias", prefix + "conv.weight.weight", prefix + "bias"};
}

TEST(Generator, HasTheNamesOfTheAnnotatedStateDict) {
  std::vector<std::string> want = {"initial_constant"};
  const auto append = [&want](const std::vector<std::string>& names) {
    want.insert(want.end(), names.begin(), names.end());
  };
  append(StyleBlockNames("style_block."));
  append(ToRgbNames("to_rgb."));
  for (const char* block : {"blocks.0.", "blocks.1."}) {
    append(StyleBlockNames(std::string(block) + "style_block1."));
    append(StyleBlockNames(std::string(block) + "style_block2."));
    append(ToRgbNames(std::string(block) + "to_rgb."));
  }
  Generator generator = Planned(Config(16, 512, 32, 512));
  std::vector<std::string> names;
  for (const nn::NamedTensor& p : nn::Parameters(generator)) names.push_back(p.name);
  EXPECT_EQ(names, want);
}

// A generator whose noise scales, biases and other parameters differ from their initial values.
Generator Tiny(ModelConfig config) {
  RandomStream random;
  Generator generator(config, RefF64(&random));
  std::vector<Tensor> values;
  for (const nn::NamedTensor& p : nn::Parameters(generator)) {
    values.push_back(NormalF64(p.tensor.shape(), values.size()));
  }
  testing::ParameterSetter setter(values.data());
  generator.Visit(setter);
  return generator;
}

std::vector<BlockNoise> TinyNoise(double scale) {
  std::vector<BlockNoise> noise(2);
  noise[0].second = Scale(NormalF64({2, 4, 4, 1}, 11), scale);
  noise[1].first = Scale(NormalF64({2, 8, 8, 1}, 12), scale);
  noise[1].second = Scale(NormalF64({2, 8, 8, 1}, 13), scale);
  return noise;
}

TEST(Generator, WithoutNoiseIsWithNoiseOfZeros) {
  const ModelConfig config = Config(8, 2, 2, 4);
  const Generator generator = Tiny(config);
  const Tensor w = NormalF64({2, 2, 2}, 1);
  testing::ExpectSameValues(generator.Forward(w, NoNoise(config)), generator.Forward(w, TinyNoise(0)));
}

TEST(Generator, UsesTheLatentOfEachBlock) {
  const ModelConfig config = Config(8, 2, 2, 4);
  const Generator generator = Tiny(config);
  const Tensor w1 = NormalF64({2, 2}, 1), w2 = NormalF64({2, 2}, 2);
  const std::vector<double> mixed = testing::Values(generator.Forward(MixLatents(w1, w2, 1, 2), NoNoise(config)));
  EXPECT_NE(mixed, testing::Values(generator.Forward(RepeatLatent(w1, 2), NoNoise(config))));
  EXPECT_NE(mixed, testing::Values(generator.Forward(RepeatLatent(w2, 2), NoNoise(config))));
}

// Computes the two blocks by hand, with the paper's upsampling.
TEST(Generator, AddsTheImagesOfItsBlocks) {
  ModelConfig config = Config(8, 2, 2, 4);
  config.resample = Resampling::kFir;
  config.rgb_activation = false;
  config.activation_gain = std::sqrt(2.0);
  Generator generator = Tiny(config);
  RandomStream random;
  StyleBlock first(config, 4, 4, RefF64(&random));
  ToRgb first_rgb(config, 4, RefF64(&random));
  GeneratorBlock second(config, 4, 2, RefF64(&random));
  const std::vector<Tensor> p = nn::Tensors(nn::Parameters(generator));
  testing::ParameterSetter setter(&p[1]);
  first.Visit(setter);
  first_rgb.Visit(setter);
  second.Visit(setter);

  const Tensor w1 = NormalF64({1, 2}, 1), w2 = NormalF64({1, 2}, 2);
  std::vector<BlockNoise> noise = NoNoise(config);
  const Resampler resampler(config);
  const Tensor x = first.Forward(p[0], first.Modulate(w1), Tensor());
  const GeneratorBlock::Output out = second.Forward(resampler.Up(x), second.Modulate({w2, w2, w2}), noise[1]);
  testing::ExpectSameValues(generator.Forward(MixLatents(w1, w2, 1, 2), noise),
                            Add(resampler.Up(first_rgb.Forward(x, first_rgb.Modulate(w1))), out.rgb), 1e-13);
}

class OpOrder final : public OpObserver {
 public:
  OpOrder() { SetOpObserver(this); }
  ~OpOrder() override { SetOpObserver(nullptr); }
  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override {}
  void After(const Op& op, absl::Span<const Tensor>, const Tensor&) override { names_.push_back(op.name()); }
  ptrdiff_t First(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) - names_.begin();
  }
  ptrdiff_t Last(const std::string& name) const {
    return names_.rend() - std::find(names_.rbegin(), names_.rend(), name) - 1;
  }

 private:
  std::vector<std::string> names_;
};

TEST(Generator, ComputesAllStylesAndDemodulationsBeforeTheFirstConvolution) {
  const ModelConfig config = Config(8, 2, 2, 4);
  const Generator generator = Tiny(config);
  const OpOrder order;
  generator.Forward(NormalF64({2, 2, 2}, 1), TinyNoise(1));
  EXPECT_LT(order.Last("Rsqrt"), order.First("Conv2d"));
  EXPECT_LT(order.Last("MatMul"), order.First("Conv2d"));
  EXPECT_GT(order.Last("MatMul"), 0);
}

ModelConfig TinyOfficial() {
  ModelConfig config = OfficialModel(8, 16);
  config.latent_dim = 2;
  return config;
}

// Computes both blocks by hand. The image of a block and the first layer of the next block share a latent.
TEST(Generator, WithALatentForEveryLayerFollowsNvidiasOrder) {
  const ModelConfig config = TinyOfficial();
  Generator generator = Tiny(config);
  RandomStream random;
  StyleBlock first(config, 4, 4, RefF64(&random));
  ToRgb first_rgb(config, 4, RefF64(&random));
  StyleBlock up(config, 4, 2, RefF64(&random), /*doubles_size=*/true), second(config, 2, 2, RefF64(&random));
  ToRgb second_rgb(config, 2, RefF64(&random));
  const std::vector<Tensor> p = nn::Tensors(nn::Parameters(generator));
  testing::ParameterSetter setter(&p[1]);
  first.Visit(setter);
  first_rgb.Visit(setter);
  up.Visit(setter);
  second.Visit(setter);
  second_rgb.Visit(setter);

  std::vector<Tensor> w, rows;
  for (int i = 0; i < 4; ++i) {
    w.push_back(NormalF64({2, 2}, i));
    rows.push_back(Reshape(w.back(), {1, 2, 2}));
  }
  const std::vector<BlockNoise> noise = TinyNoise(1);
  const Tensor constant = Concat({p[0], p[0]}, 0);
  const Tensor x = first.Forward(constant, first.Modulate(w[0]), noise[0].second);
  const Tensor rgb = first_rgb.Forward(x, first_rgb.Modulate(w[1]));
  const Tensor hidden = up.Forward(x, up.Modulate(w[1]), noise[1].first);
  const Tensor y = second.Forward(hidden, second.Modulate(w[2]), noise[1].second);
  testing::ExpectSameValues(generator.Forward(Concat(rows, 0), noise),
                            Add(Resampler(config).Up(rgb), second_rgb.Forward(y, second_rgb.Modulate(w[3]))), 1e-13);
}

TEST(Generator, OfficialDifferentiatesToSecondOrder) {
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Generator>(
      Generator(TinyOfficial(), RefF64(&random)), {NormalF64({4, 2, 2}, 1)},
      [](const Generator& g, const testing::Tensors& in) { return g.Forward(in[0], TinyNoise(1)); }, options));
}

// Computes the only block by hand: its features and the input that went around it, then the image.
TEST(Generator, ResidualBlocksAddTheirInput) {
  for (const bool strided : {false, true}) {
    ModelConfig config = TinyOfficial();
    config.g_architecture = Architecture::kResnet;
    config.strided_conv = strided;
    Generator generator = Tiny(config);
    RandomStream random;
    StyleBlock first(config, 4, 4, RefF64(&random));
    StyleBlock up(config, 4, 2, RefF64(&random), /*doubles_size=*/strided), second(config, 2, 2, RefF64(&random));
    ToRgb rgb(config, 2, RefF64(&random));
    nn::EqualizedConv2d skip({4, 2, 1, 0, /*stride=*/1, std::nullopt}, RefF64(&random));
    const std::vector<Tensor> p = nn::Tensors(nn::Parameters(generator));
    testing::ParameterSetter setter(&p[1]);
    first.Visit(setter);
    up.Visit(setter);
    second.Visit(setter);
    rgb.Visit(setter);
    skip.Visit(setter);

    const Tensor w = NormalF64({2, 2}, 1);
    const std::vector<BlockNoise> noise = TinyNoise(1);
    const Resampler resampler(config);
    const Tensor x = first.Forward(Concat({p[0], p[0]}, 0), first.Modulate(w), noise[0].second);
    const Tensor hidden = up.Forward(strided ? x : resampler.Up(x), up.Modulate(w), noise[1].first);
    const Tensor y = second.Forward(hidden, second.Modulate(w), noise[1].second);
    const Tensor features = Scale(Add(y, skip.Forward(resampler.Up(x))), 1 / std::sqrt(2.0));
    testing::ExpectSameValues(generator.Forward(RepeatLatent(w, 4), noise), rgb.Forward(features, rgb.Modulate(w)),
                              1e-12);
  }
}

TEST(Generator, OnlySkipsMakeAnImageInEveryBlock) {
  for (const Architecture architecture : {Architecture::kSkip, Architecture::kResnet, Architecture::kOrig}) {
    ModelConfig config = OfficialModel(32, 64);
    config.g_architecture = architecture;
    Generator generator = Planned(config);
    std::vector<std::string> images, skips;
    for (const nn::NamedTensor& t : nn::Parameters(generator)) {
      if (t.name.find("to_rgb.bias") != std::string::npos) images.push_back(t.name);
      if (t.name.find("skip") != std::string::npos) skips.push_back(t.name);
    }
    const size_t blocks = 4;
    EXPECT_EQ(images.size(), architecture == Architecture::kSkip ? blocks : 1);
    EXPECT_EQ(images.back(), "blocks.2.to_rgb.bias");
    EXPECT_EQ(skips.size(), architecture == Architecture::kResnet ? blocks - 1 : 0);
    EXPECT_TRUE(skips.empty() || skips[0] == "blocks.0.skip.weight.weight");
  }
}

// [N,H,W,C] -> [N,W,H,C], of tensors of rank 4.
Tensor Transposed(const Tensor& x) { return Permute(x, {0, 2, 1, 3}); }

// A network of 3x5 is that of 5x3 whose constant, kernels and noise are transposed.
TEST(Generator, OfRectanglesIsTheTransposedOfTheTransposed) {
  for (const bool official : {false, true}) {
    ModelConfig config = Config(16, 8, 4, 16);
    if (official) {
      config = PresetConfig("official")->model;
      config.resolution = 16;
      config.latent_dim = 8;
      config.channel_base = 64;
    }
    config.base_height = 3;
    config.base_width = 5;
    RandomStream random = {1, 0};
    Generator wide(config, RefF64(&random));
    testing::Tensors transposed;
    for (const nn::NamedTensor& p : nn::Parameters(wide)) {
      const bool is_map = p.tensor.shape().rank() == 4;
      transposed.push_back(is_map ? Transposed(p.tensor) : p.tensor);
    }
    std::swap(config.base_height, config.base_width);
    Generator tall(config, RefF64(&random));
    testing::ParameterSetter setter(transposed.data());
    tall.Visit(setter);

    const Tensor w = NormalF64({config.NumLatents(), 2, 8}, 3);
    std::vector<BlockNoise> noise = RandomNoise(config, 2, DType::kF64, Device::Ref(), &random);
    const Tensor y = tall.Forward(w, noise);
    EXPECT_EQ(y.shape(), Shape({2, 20, 12, 3}));
    for (BlockNoise& block : noise) {
      if (block.first.defined()) block.first = Transposed(block.first);
      block.second = Transposed(block.second);
    }
    testing::ExpectSameValues(wide.Forward(w, noise), Transposed(y), 1e-12);
  }
}

TEST(Generator, ClampsEveryConvolution) {
  ModelConfig config = TinyOfficial();
  const Generator free = Tiny(config);
  const Tensor w = NormalF64({4, 2, 2}, 1);
  double largest = 0;
  for (const double v : testing::Values(free.Forward(w, TinyNoise(1)))) largest = std::max(largest, std::abs(v));
  config.conv_clamp = 1000 * largest;
  testing::ExpectSameValues(Tiny(config).Forward(w, TinyNoise(1)), free.Forward(w, TinyNoise(1)));
  config.conv_clamp = 0.01;
  // Two images are added up, the first one by a filter that keeps averages.
  for (const double v : testing::Values(Tiny(config).Forward(w, TinyNoise(1)))) EXPECT_LE(std::abs(v), 0.02 + 1e-9);
}

TEST(Generator, HoldsNoiseOfEveryLayerAsBuffers) {
  ModelConfig config = OfficialModel(16, 64);
  config.noise_const = true;
  RandomStream random, same;
  nn::InitContext init = RefF64(&random);
  Generator generator(config, init);
  const std::vector<nn::NamedTensor> buffers = nn::Buffers(generator);
  std::vector<std::string> names;
  for (const nn::NamedTensor& t : buffers) names.push_back(t.name);
  EXPECT_EQ(names, (std::vector<std::string>{"noise_const.0.second", "noise_const.1.first", "noise_const.1.second",
                                             "noise_const.2.first", "noise_const.2.second"}));
  EXPECT_EQ(buffers.back().tensor.shape(), Shape({1, 16, 16, 1}));
  EXPECT_FALSE(buffers.back().tensor.tracked());
  // What it learns starts as without them.
  config.noise_const = false;
  Generator without(config, RefF64(&same));
  const std::vector<nn::NamedTensor> a = nn::Parameters(generator), b = nn::Parameters(without);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) testing::ExpectSameValues(a[i].tensor, b[i].tensor);
  EXPECT_TRUE(nn::Buffers(without).empty());
  EXPECT_TRUE(without.noise_const().empty());
}

TEST(Generator, ResidualDifferentiatesToSecondOrder) {
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  ModelConfig config = TinyOfficial();
  config.g_architecture = Architecture::kResnet;
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Generator>(
      Generator(config, RefF64(&random)), {NormalF64({4, 2, 2}, 1)},
      [](const Generator& g, const testing::Tensors& in) { return g.Forward(in[0], TinyNoise(1)); }, options));
}

TEST(Generator, DifferentiatesToSecondOrder) {
  testing::GradCheckOptions options;
  options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<Generator>(
      Generator(Config(8, 2, 1, 2), RefF64(&random)), {NormalF64({2, 2, 2}, 1)},
      [](const Generator& g, const testing::Tensors& in) { return g.Forward(in[0], TinyNoise(1)); }, options));
}

TEST(GeneratorDeathTest, NamesWhatDoesNotFit) {
  const ModelConfig config = Config(8, 2, 2, 4);
  const Generator generator = Tiny(config);
  EXPECT_DEATH(generator.Forward(NormalF64({3, 2, 2}, 1), NoNoise(config)),
               "\\[Generator\\] 2 blocks, latents f64\\[3,2,2\\]");
  EXPECT_DEATH(generator.Forward(NormalF64({2, 2, 2}, 1), {}), "\\[Generator\\] 2 blocks, .* 0 noises");
}

}  // namespace
}  // namespace sg::gan
