#include "gan/interop/load_network.h"

#include <cmath>
#include <filesystem>
#include <random>

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "gan/interop/export_network.h"
#include "gan/interop/import_network.h"
#include "gan/model/common/latents.h"
#include "gan/model/networks.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The expected numbers are what NVIDIA's formulas give for these weights in f32, computed by another program. Sums of
// thousands of terms agree to this part of the root of their sum of squares.
constexpr double kTolerance = 1e-4;

struct Sums {
  double sum = 0, square = 0;
};
Sums SumsOf(const Tensor& t) {
  Sums sums;
  for (const float value : t.ToHost<float>()) {
    sums.sum += value;
    sums.square += static_cast<double>(value) * value;
  }
  return sums;
}

void ExpectSums(const Tensor& t, double sum, double square) {
  const Sums got = SumsOf(t);
  EXPECT_NEAR(got.sum, sum, kTolerance * std::sqrt(square));
  EXPECT_NEAR(got.square, square, kTolerance * square);
}

LoadedNetwork Load(const std::string& name) {
  const absl::StatusOr<LoadedNetwork> network = LoadNetwork(ForeignPath(name), Device::Cpu());
  SG_CHECK(network.ok()) << network.status().message();
  return *network;
}

// [N,d] of RandomState(85).randn(2, 64).
Tensor TwoLatents() { return Reshape(LatentsFromSeeds({85}, 128, Device::Cpu()), {2, 64}); }

// The noise that the network holds for a batch of two.
std::vector<BlockNoise> OwnNoise(const GeneratorNetwork& generator) {
  std::vector<BlockNoise> noise = generator.NoiseConst();
  for (BlockNoise& block : noise) {
    for (Tensor* map : {&block.first, &block.second}) {
      if (map->defined()) *map = BroadcastTo(*map, {2, map->dim(1), map->dim(2), 1});
    }
  }
  return noise;
}

// Row i is of the class classes[i] of ten.
Tensor Labels(const std::vector<int>& classes) {
  std::vector<Tensor> rows;
  for (const int index : classes) rows.push_back(ClassLabels(index, 1, 10, Device::Cpu()));
  return Concat(rows, 0);
}

// RandomState(7).uniform(-1, 1, (8, 3, 32, 32)) as [8,32,32,3].
Tensor Reals() {
  std::mt19937 generator(7);
  std::vector<float> images(8 * 3 * 32 * 32);
  for (float& pixel : images) {
    const uint32_t high = generator() >> 5, low = generator() >> 6;
    pixel = static_cast<float>(-1 + 2 * ((high * 67108864.0 + low) / 9007199254740992.0));
  }
  return Permute(Tensor::FromHost<float>({8, 3, 32, 32}, images, Device::Cpu()), {0, 2, 3, 1});
}

// What the discriminator of a file says.
std::vector<float> Scores(const std::string& name, const Tensor& images, const Tensor& labels) {
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath(name));
  SG_CHECK(imported.ok()) << imported.status().message();
  nn::InitContext init;
  const auto discriminator = MakeDiscriminator(imported->config.model, init);
  for (const nn::NamedTensor& parameter : nn::Parameters(*discriminator)) {
    HostTensor values = *imported->tensors.at(kDiscriminatorPrefix + parameter.name).read();
    if (values.shape.rank() == 4) values = Transposed(values, {0, 2, 3, 1});
    CopyFromHost(parameter.tensor, values.values.data(), values.values.size() * sizeof(float));
  }
  return discriminator->Forward(images, labels, /*batches=*/1).ToHost<float>();
}

TEST(LoadNetwork, ComputesWhatNvidiasCodeComputes) {
  const LoadedNetwork loaded = Load("nvidia_4.pkl");
  EXPECT_THAT(loaded.notes, IsEmpty());
  const GeneratorNetwork& generator = *loaded.pretrained.generator;
  const ModelConfig& model = loaded.pretrained.config.model;
  const Tensor w = generator.Map(TwoLatents());
  ExpectSums(w, 59.656562, 112.650634);
  const std::vector<float> first = w.ToHost<float>();
  constexpr float kFirst[] = {-.19921f, -.297329f, 2.274685f, -.116432f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(first[i], kFirst[i], kTolerance);
  const Sampler sampler(model, loaded.pretrained.generator, loaded.pretrained.latent_average);
  ExpectSums(sampler.Truncate(w, 0.7), 41.216208, 54.991021);

  const Tensor latents = RepeatLatent(w, model.NumLatents());
  ExpectSums(generator.Synthesize(latents, NoNoise(model)), -662.7137, 4988.8128);
  const Tensor images = generator.Synthesize(latents, OwnNoise(generator));
  ExpectSums(images, -741.490, 5564.8039);
  const std::vector<float> pixels = images.ToHost<float>();  // [N,H,W,C]
  constexpr float kPixels[] = {-.128406f, -.195006f, -.17403f, -.122024f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(pixels[3 * i], kPixels[i], kTolerance);
  EXPECT_NEAR(pixels.back(), .524310f, kTolerance);  // of the last channel
  // NoiseMode::kConst is the noise of the file, whatever the seed.
  ExpectSums(Affine(sampler.Synthesize(latents, NoiseMode::kConst, /*noise_seed=*/5), 2, -1), -741.490, 5564.8039);
}

TEST(LoadNetwork, ComputesAConditionalNetwork) {
  for (const char* name : {"nvidia_conditional.pkl", "tensorflow_conditional.pkl"}) {
    SCOPED_TRACE(name);
    const LoadedNetwork loaded = Load(name);
    EXPECT_THAT(loaded.notes, IsEmpty());
    const GeneratorNetwork& generator = *loaded.pretrained.generator;
    const ModelConfig& model = loaded.pretrained.config.model;
    const Tensor w = generator.Map(TwoLatents(), Labels({3, 7}));
    ExpectSums(w, 43.911825, 84.713228);
    const std::vector<float> first = w.ToHost<float>();
    constexpr float kFirst[] = {.406426f, -.264796f, .914794f, -.073734f};
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(first[i], kFirst[i], kTolerance);
    const Sampler sampler(model, loaded.pretrained.generator, loaded.pretrained.latent_average);
    ExpectSums(sampler.Truncate(w, 0.7), 30.194892, 40.879933);
    const Tensor latents = RepeatLatent(w, model.NumLatents());
    ExpectSums(generator.Synthesize(latents, NoNoise(model)), -2788.7054, 6717.9609);
    const Tensor images = generator.Synthesize(latents, OwnNoise(generator));
    ExpectSums(images, -2922.916, 7499.2475);
    const std::vector<float> pixels = images.ToHost<float>();
    constexpr float kPixels[] = {-.285461f, -.274764f, -.190957f, -.289146f};
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(pixels[3 * i], kPixels[i], kTolerance);
    EXPECT_NEAR(pixels.back(), .314418f, kTolerance);
  }
}

// One channel, every architecture, activations clamped so low that many are, and statistics of the whole batch.
TEST(LoadNetwork, ComputesClampedArchitectures) {
  struct Case {
    const char* name;
    double sum, square;
    float first, scores[2];
  };
  for (const Case& c : {Case{"nvidia_skip_1.5.pkl", 680.2471, 722.3427, -.065353f, {.070873f, .076451f}},
                        Case{"nvidia_resnet_1.5.pkl", 1444.7232, 1331.4846, .186611f, {.326995f, .334137f}},
                        Case{"nvidia_orig_1.5.pkl", 1014.8356, 732.4962, .061432f, {.118564f, .133434f}}}) {
    SCOPED_TRACE(c.name);
    const LoadedNetwork loaded = Load(c.name);
    EXPECT_THAT(loaded.notes, IsEmpty());
    const GeneratorNetwork& generator = *loaded.pretrained.generator;
    const Tensor latents = RepeatLatent(generator.Map(TwoLatents()), loaded.pretrained.config.model.NumLatents());
    const Tensor images = generator.Synthesize(latents, OwnNoise(generator));
    ASSERT_EQ(images.dim(3), 1);
    ExpectSums(images, c.sum, c.square);
    EXPECT_NEAR(images.ToHost<float>()[0], c.first, kTolerance);
    const std::vector<float> scores = Scores(c.name, Narrow(Reals(), 3, 0, 1), Tensor());
    for (int i = 0; i < 2; ++i) EXPECT_NEAR(scores[i], c.scores[i], kTolerance * c.scores[i]);
  }
}

TEST(LoadNetwork, WithoutNoiseEveryModeIsTheSame) {
  const LoadedNetwork loaded = Load("nvidia_noiseless.pkl");
  const ModelConfig& model = loaded.pretrained.config.model;
  const Tensor latents = RepeatLatent(loaded.pretrained.generator->Map(TwoLatents()), model.NumLatents());
  const Sampler sampler(model, loaded.pretrained.generator, loaded.pretrained.latent_average);
  for (const NoiseMode mode : {NoiseMode::kConst, NoiseMode::kRandom, NoiseMode::kNone}) {
    ExpectSums(Affine(sampler.Synthesize(latents, mode, /*noise_seed=*/5), 2, -1), -662.7137, 4988.8128);
  }
}

TEST(LoadNetwork, EveryProgramsFileMakesThePicture) {
  const auto picture = [](const std::string& name) {
    const LoadedNetwork loaded = Load(name);
    const ModelConfig& model = loaded.pretrained.config.model;
    const Tensor latents = RepeatLatent(loaded.pretrained.generator->Map(TwoLatents()), model.NumLatents());
    return loaded.pretrained.generator->Synthesize(latents, NoNoise(model));
  };
  for (const char* name : {"nvidia_2.pkl", "nvidia_3.pkl", "nvidia_5.pkl", "tensorflow_4.pkl", "tensorflow_5.pkl",
                           "rosinality_training.pt", "rosinality_old.pt", "encoder.pt"}) {
    SCOPED_TRACE(name);
    ExpectSums(picture(name), -662.7137, 4988.8128);
  }
}

TEST(LoadNetwork, TheDiscriminatorScoresAsNvidias) {
  const std::vector<float> scores = Scores("nvidia_whole.pkl", Reals(), Tensor());
  constexpr float kScores[] = {.374825f, .365762f, .317002f, .329826f, .268521f, .272946f, .325296f, .346875f};
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(scores[i], kScores[i], kTolerance * kScores[i]) << i;
}

TEST(LoadNetwork, TheConditionalDiscriminatorScoresAsNvidias) {
  for (const char* name : {"nvidia_conditional.pkl", "tensorflow_conditional.pkl"}) {
    const std::vector<float> scores = Scores(name, Reals(), Labels({0, 1, 2, 3, 4, 5, 6, 7}));
    constexpr float kScores[] = {.318047f, .264982f, -.00321f, -.136039f, -.19132f, -.671407f, -.704925f, .020221f};
    // They are sums of products that cancel.
    for (int i = 0; i < 8; ++i) EXPECT_NEAR(scores[i], kScores[i], kTolerance) << name << " " << i;
  }
}

TEST(LoadNetwork, OurOwnFilesAndFolders) {
  const nn::ScratchDir dir;
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath("nvidia_4.pkl"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_TRUE(WriteModel(dir.File("a.safetensors"), *imported).ok());
  ASSERT_TRUE(WriteModelFolder(dir.File("folder"), *imported).ok());
  for (const std::string& path : {dir.File("a.safetensors"), dir.File("folder")}) {
    const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    ExpectSums(loaded->pretrained.generator->Map(TwoLatents()), 59.656562, 112.650634);
  }
  EXPECT_EQ(*NetworkFileAt(dir.File("folder")), dir.File("folder") + "/model.safetensors");
  EXPECT_THAT(LoadNetwork(dir.File("folder"), Device::Cpu())->notes, IsEmpty());
  EXPECT_EQ(*NetworkFileAt(dir.File("a.safetensors")), dir.File("a.safetensors"));
}

TEST(LoadNetwork, AFolderOfRunsMeansItsLastRun) {
  const nn::ScratchDir dir;
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath("nvidia_4.pkl"));
  ASSERT_TRUE(imported.ok()) << imported.status();
  for (const char* run : {"00000-a", "00001-b"}) {
    const std::string folder = dir.File(run);
    std::filesystem::create_directory(folder);
    ASSERT_TRUE(WriteModel(folder + "/network-snapshot-000001.safetensors", *imported).ok());
  }
  const std::string last = dir.File("00001-b") + "/network-snapshot-000001.safetensors";
  EXPECT_EQ(*NetworkFileAt(dir.path()), last);
  const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(dir.path(), Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->notes, ElementsAre("the newest network in " + dir.path() + " is " + last));
  EXPECT_THAT(LoadNetwork(dir.File("00001-b") + "/", Device::Cpu())->notes, IsEmpty());
}

TEST(LoadNetwork, ErrorsAndNotesReachTheUser) {
  const auto error = [](const std::string& path) {
    const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu());
    return loaded.ok() ? "it was accepted" : std::string(loaded.status().message());
  };
  const nn::ScratchDir dir;
  EXPECT_THAT(error(ForeignPath("nvidia_relu.pkl")), HasSubstr("its activation is \"relu\""));
  EXPECT_THAT(error(dir.path()), HasSubstr("no checkpoint in this folder"));
  EXPECT_THAT(error(dir.Write("a", "x")), HasSubstr("no file of weights"));
  EXPECT_THAT(Load("rosinality_training.pt").notes, ElementsAre(HasSubstr("no average of w")));
}

}  // namespace
}  // namespace sg::gan
