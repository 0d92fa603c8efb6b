// Compares the official preset with PyTorch: its modules, and the losses and all gradients of its four updates.
#include <string>
#include <utility>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/path_length_penalty.h"
#include "gan/loss/r1_penalty.h"
#include "gan/model/common/latents.h"
#include "gan/model/common/mapping_network.h"
#include "gan/model/common/resample.h"
#include "gan/model/common/to_rgb.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"
#include "gan/model/stylegan2/modulated_conv2d.h"
#include "gan/model/stylegan2/style_block.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "tests/support/goldens.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

constexpr char kFile[] = "official.safetensors";
constexpr int kCrossover = 3;

// CONFIG of tests/golden/official.py.
TrainConfig Config() {
  TrainConfig config = *PresetConfig("official");
  config.model.resolution = 16;
  config.model.latent_dim = 12;
  config.model.mapping_layers = 3;
  config.model.channel_base = 48;
  config.model.mbstd_group = 4;
  return config;
}

// `get` returns the input of the given name.
template <typename Get>
std::vector<BlockNoise> Noise(const Get& get) {
  std::vector<BlockNoise> noise(Config().model.NumBlocks());
  for (size_t i = 0; i < noise.size(); ++i) {
    const std::string name = "noise." + std::to_string(i);
    if (i > 0) noise[i].first = get(name + ".0");
    noise[i].second = get(name + ".1");
  }
  return noise;
}

PathLengthPenalty MakePathLength(const Tensor& mean_before) {
  const LossConfig loss = Config().loss;
  PathLengthPenalty penalty({loss.pl_decay, loss.pl_annotated_axes, loss.pl_mean_includes_batch}, DType::kF32,
                            mean_before.device());
  const float mean = static_cast<float>(mean_before.Item());
  CopyFromHost(penalty.exponential_sum(), &mean, sizeof(mean));
  return penalty;
}

class OfficialModulesParity : public ::testing::TestWithParam<Device> {
 protected:
  testing::GoldenCase Golden(const std::string& name) const { return {name, GetParam(), kFile}; }

  const ModelConfig model_ = Config().model;
};

INSTANTIATE_TEST_SUITE_P(Devices, OfficialModulesParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(OfficialModulesParity, MappingNetwork) {
  testing::GoldenCase golden = Golden("mapping_network");
  MappingNetwork mapping(model_, golden.init());
  golden.Fill(nn::Parameters(mapping));
  golden.ExpectMatches(mapping.Forward(golden.Input("z")));
}

TEST_P(OfficialModulesParity, ModulatedConv2dThatDoublesTheSize) {
  testing::GoldenCase golden = Golden("up_conv2d_weight_modulate");
  ModulatedConv2d conv(5, 6, Resampler(model_), golden.init());
  golden.Fill(nn::Parameters(conv));
  const Modulation modulation = conv.Modulate(Scale(golden.Input("s"), conv.gain()));
  BiasActInputs inputs;
  inputs.scale = modulation.demodulation;
  golden.ExpectMatches(BiasAct(conv.Forward(golden.Input("x"), modulation), inputs, {}));
}

TEST_P(OfficialModulesParity, StyleBlockThatDoublesTheSize) {
  testing::GoldenCase golden = Golden("style_block_up");
  StyleBlock block(model_, 6, 5, golden.init(), /*doubles_size=*/true);
  golden.Fill(nn::Parameters(block));
  golden.ExpectMatches(block.Forward(golden.Input("x"), block.Modulate(golden.Input("w")), golden.Input("noise")));
}

TEST_P(OfficialModulesParity, ToRgbWithoutActivation) {
  testing::GoldenCase golden = Golden("to_rgb");
  ToRgb to_rgb(model_, 6, golden.init());
  golden.Fill(nn::Parameters(to_rgb));
  golden.ExpectMatches(to_rgb.Forward(golden.Input("x"), to_rgb.Modulate(golden.Input("w"))));
}

TEST_P(OfficialModulesParity, GeneratorBlockWithThreeLatents) {
  testing::GoldenCase golden = Golden("generator_block");
  GeneratorBlock block(model_, 6, 5, golden.init());
  golden.Fill(nn::Parameters(block));
  const BlockModulations modulations = block.Modulate({golden.Input("w.0"), golden.Input("w.1"), golden.Input("w.2")});
  const GeneratorBlock::Output out =
      block.Forward(golden.Input("x"), modulations, {golden.Input("noise.0"), golden.Input("noise.1")});
  golden.ExpectOutput("x", out.features);
  golden.ExpectOutput("rgb", out.rgb);
  golden.ExpectMatches(Concat({out.features, out.rgb}, 3));
}

TEST_P(OfficialModulesParity, WholeGenerator) {
  testing::GoldenCase golden = Golden("generator");
  Generator generator(model_, golden.init());
  golden.Fill(nn::Parameters(generator));
  const std::vector<BlockNoise> noise = Noise([&](const std::string& name) { return golden.Input(name); });
  golden.ExpectMatches(generator.Forward(golden.Input("w"), noise));
}

TEST_P(OfficialModulesParity, DiscriminatorBlockWithStride) {
  testing::GoldenCase golden = Golden("discriminator_block");
  DiscriminatorBlock block(model_, 5, 6, golden.init());
  golden.Fill(nn::Parameters(block));
  golden.ExpectMatches(block.Forward(golden.Input("x")));
}

TEST_P(OfficialModulesParity, WholeDiscriminator) {
  testing::GoldenCase golden = Golden("discriminator");
  Discriminator discriminator(model_, golden.init());
  golden.Fill(nn::Parameters(discriminator));
  golden.ExpectMatches(discriminator.Forward(golden.Input("x")));
}

TEST_P(OfficialModulesParity, R1) {
  testing::GoldenCase golden = Golden("r1_penalty");
  Discriminator discriminator(model_, golden.init());
  golden.Fill(nn::Parameters(discriminator));
  const Tensor images = golden.Input("x");
  golden.ExpectMatches(R1Penalty(images, discriminator.Forward(images)));
}

TEST_P(OfficialModulesParity, PathLength) {
  testing::GoldenCase golden = Golden("path_length_penalty");
  Generator generator(model_, golden.init());
  golden.Fill(nn::Parameters(generator));
  const std::vector<BlockNoise> noise = Noise([&](const std::string& name) { return golden.Input(name); });
  PathLengthPenalty penalty = MakePathLength(golden.Constant("pl_mean"));
  const Tensor w = golden.Input("w");
  golden.ExpectMatches(penalty.Penalty(w, generator.Forward(w, noise), golden.Constant("y")));
  golden.ExpectOutput("pl_mean", Reshape(penalty.exponential_sum(), {}));
}

// One model, and the updates of gan/train/{d,g}_phase.cc with given latents, noise and images.
class OfficialPhasesParity : public ::testing::TestWithParam<Device> {
 protected:
  OfficialPhasesParity()
      : mapping_(Config().model, Init()), generator_(Config().model, Init()), discriminator_(Config().model, Init()) {
    goldens_.Fill("param/mapping.", nn::Parameters(mapping_));
    goldens_.Fill("param/generator.", nn::Parameters(generator_));
    goldens_.Fill("param/discriminator.", nn::Parameters(discriminator_));
  }

  struct Images {
    Tensor w, pixels;
  };
  Images Synthesize(const std::string& phase) const {
    const std::string inputs = phase + "/in/";
    const Tensor w1 = mapping_.Forward(goldens_.Get(inputs + "z1"));
    const Tensor w2 = mapping_.Forward(goldens_.Get(inputs + "z2"));
    Images images;
    images.w = MixLatents(w1, w2, kCrossover, Config().model.NumLatents());
    images.pixels =
        generator_.Forward(images.w, Noise([&](const std::string& name) { return goldens_.Get(inputs + name); }));
    return images;
  }

  void ExpectPhase(const std::string& phase, const Tensor& loss, const std::vector<nn::NamedTensor>& parameters) const {
    goldens_.ExpectClose(phase + "/out", loss);
    const std::vector<Tensor> gradients = Grad({loss}, nn::Tensors(parameters));
    std::vector<nn::NamedTensor> named;
    for (size_t i = 0; i < gradients.size(); ++i) named.push_back({parameters[i].name, gradients[i]});
    goldens_.ExpectGradients(phase + "/grad/", named);
  }

  std::vector<nn::NamedTensor> OfDiscriminator() {
    return nn::WithPrefix("discriminator.", nn::Parameters(discriminator_));
  }
  std::vector<nn::NamedTensor> OfGenerator() {
    std::vector<nn::NamedTensor> all = nn::WithPrefix("generator.", nn::Parameters(generator_));
    for (nn::NamedTensor& p : nn::WithPrefix("mapping.", nn::Parameters(mapping_))) all.push_back(std::move(p));
    return all;
  }

  const testing::Goldens goldens_{kFile, GetParam()};
  const LossConfig loss_ = Config().loss;
  RandomStream random_;
  MappingNetwork mapping_;
  Generator generator_;
  Discriminator discriminator_;

 private:
  nn::InitContext Init() {
    nn::InitContext init;
    init.device = GetParam();
    init.random = &random_;
    return init;
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, OfficialPhasesParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(OfficialPhasesParity, Discriminator) {
  Tensor fake;
  {
    RecordScope no_record(false);
    fake = Synthesize("d_main").pixels;
  }
  const Tensor real_scores = discriminator_.Forward(goldens_.Get("d_main/in/real"));
  const Tensor fake_scores = discriminator_.Forward(fake);
  goldens_.ExpectClose("d_main/out/scores_real", real_scores);
  goldens_.ExpectClose("d_main/out/scores_fake", fake_scores);
  ExpectPhase("d_main", Add(RealLoss(loss_.loss, real_scores), FakeLoss(loss_.loss, fake_scores)), OfDiscriminator());
}

TEST_P(OfficialPhasesParity, R1) {
  const Tensor real = goldens_.Get("d_r1/in/real").Track();
  const Tensor penalty = R1Penalty(real, discriminator_.Forward(real));
  goldens_.ExpectClose("d_r1/out/penalty", penalty);
  ExpectPhase("d_r1", Scale(penalty, 0.5 * loss_.r1_gamma * loss_.r1_interval), OfDiscriminator());
}

TEST_P(OfficialPhasesParity, Generator) {
  const Tensor scores = discriminator_.Forward(Synthesize("g_main").pixels);
  goldens_.ExpectClose("g_main/out/scores_fake", scores);
  ExpectPhase("g_main", GeneratorLoss(loss_.loss, scores), OfGenerator());
}

TEST_P(OfficialPhasesParity, PathLength) {
  PathLengthPenalty path_length = MakePathLength(goldens_.Get("g_pl/in/pl_mean"));
  const Images images = Synthesize("g_pl");
  const Tensor penalty = path_length.Penalty(images.w, images.pixels, goldens_.Get("g_pl/in/y"));
  goldens_.ExpectClose("g_pl/out/penalty", penalty);
  goldens_.ExpectClose("g_pl/out/pl_mean", Reshape(path_length.exponential_sum(), {}));
  ExpectPhase("g_pl", Scale(penalty, loss_.pl_weight * loss_.pl_interval), OfGenerator());
}

}  // namespace
}  // namespace sg::gan
