#include "gan/interop/load_network.h"

#include <cmath>
#include <random>

#include "engine/ops/broadcast.h"
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
  const absl::StatusOr<LoadedNetwork> network = LoadNetwork(ForeignPath(name), Device::Cpu(), {});
  SG_CHECK(network.ok()) << network.status().message();
  return *network;
}

// [N,d] of RandomState(85).randn(2, 64).
Tensor TwoLatents() { return Reshape(LatentsFromSeeds({85}, 128, Device::Cpu()), {2, 64}); }

// The constant noise of the file for a batch of two.
std::vector<BlockNoise> FilesNoise(const ImportedNetwork& network) {
  std::vector<BlockNoise> noise(network.config.model.NumBlocks());
  for (int layer = 0; layer < 2 * network.config.model.NumBlocks() - 1; ++layer) {
    const ForeignTensor& map = network.tensors.at(absl::StrCat("noise_const.ema.", layer));
    const int64_t size = map.shape[0];
    const Tensor one = Tensor::FromHost<float>({1, size, size, 1}, ValuesOf(map), Device::Cpu());
    BlockNoise& block = noise[(layer + 1) / 2];
    (layer % 2 == 1 ? block.first : block.second) = BroadcastTo(one, {2, size, size, 1});
  }
  return noise;
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
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath("nvidia_4.pkl"), {});
  ASSERT_TRUE(imported.ok()) << imported.status();
  const Tensor images = generator.Synthesize(latents, FilesNoise(*imported));
  ExpectSums(images, -741.490, 5564.8039);
  const std::vector<float> pixels = images.ToHost<float>();  // [N,H,W,C]
  constexpr float kPixels[] = {-.128406f, -.195006f, -.17403f, -.122024f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(pixels[3 * i], kPixels[i], kTolerance);
  EXPECT_NEAR(pixels.back(), .524310f, kTolerance);  // of the last channel
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
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath("nvidia_whole.pkl"), {});
  ASSERT_TRUE(imported.ok()) << imported.status();
  nn::InitContext init;
  const auto discriminator = MakeDiscriminator(imported->config.model, init);
  for (const nn::NamedTensor& parameter : nn::Parameters(*discriminator)) {
    HostTensor values = *imported->tensors.at(kDiscriminatorPrefix + parameter.name).read();
    if (values.shape.rank() == 4) values = Transposed(values, {0, 2, 3, 1});
    CopyFromHost(parameter.tensor, values.values.data(), values.values.size() * sizeof(float));
  }
  // RandomState(7).uniform(-1, 1, (8, 3, 32, 32)).
  std::mt19937 generator(7);
  std::vector<float> images(8 * 3 * 32 * 32);
  for (float& pixel : images) {
    const uint32_t high = generator() >> 5, low = generator() >> 6;
    pixel = static_cast<float>(-1 + 2 * ((high * 67108864.0 + low) / 9007199254740992.0));
  }
  const Tensor x = Permute(Tensor::FromHost<float>({8, 3, 32, 32}, images, Device::Cpu()), {0, 2, 3, 1});
  const std::vector<float> scores = discriminator->Forward(x).ToHost<float>();
  constexpr float kScores[] = {.374825f, .365762f, .317002f, .329826f, .268521f, .272946f, .325296f, .346875f};
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(scores[i], kScores[i], kTolerance * .375) << i;
}

TEST(LoadNetwork, OurOwnFilesAndFolders) {
  const nn::ScratchDir dir;
  const absl::StatusOr<ImportedNetwork> imported = ImportNetwork(ForeignPath("nvidia_4.pkl"), {});
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_TRUE(WriteModel(dir.File("a.safetensors"), *imported).ok());
  ASSERT_TRUE(WriteModelFolder(dir.File("folder"), *imported).ok());
  for (const std::string& path : {dir.File("a.safetensors"), dir.File("folder")}) {
    const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu(), {});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    ExpectSums(loaded->pretrained.generator->Map(TwoLatents()), 59.656562, 112.650634);
  }
  EXPECT_EQ(*NetworkFileAt(dir.File("folder")), dir.File("folder") + "/model.safetensors");
  EXPECT_EQ(*NetworkFileAt(dir.File("a.safetensors")), dir.File("a.safetensors"));
}

TEST(LoadNetwork, ErrorsAndNotesReachTheUser) {
  const auto error = [](const std::string& path) {
    const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu(), {});
    return loaded.ok() ? "it was accepted" : std::string(loaded.status().message());
  };
  const nn::ScratchDir dir;
  EXPECT_THAT(error(ForeignPath("nvidia_clamp.pkl")), HasSubstr("conv_clamp = 256"));
  EXPECT_THAT(error(dir.path()), HasSubstr("no checkpoint in this folder"));
  EXPECT_THAT(error(dir.Write("a", "x")), HasSubstr("no file of weights"));
  EXPECT_THAT(Load("rosinality_training.pt").notes, ElementsAre(HasSubstr("no average of w")));
  ImportOptions options;
  options.ignore_clamp = true;
  EXPECT_TRUE(LoadNetwork(ForeignPath("nvidia_clamp.pkl"), Device::Cpu(), options).ok());
}

}  // namespace
}  // namespace sg::gan
