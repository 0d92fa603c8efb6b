#include "gan/interop/import_network.h"

#include <ctime>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ImportedNetwork Import(const std::string& name, const ImportOptions& options = {}) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath(name), options);
  SG_CHECK(network.ok()) << network.status().message();
  return *network;
}

std::string ErrorOf(const std::string& path) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(path, {});
  if (network.ok()) return "it was accepted";
  EXPECT_THAT(std::string(network.status().message()), StartsWith(path));
  return std::string(network.status().message());
}

TEST(ImportNetwork, NvidiasIsTheOfficialModel) {
  const ImportedNetwork network = Import("nvidia_whole.pkl");
  EXPECT_EQ(network.origin, "NVIDIA's PyTorch code");
  EXPECT_THAT(network.notes, IsEmpty());
  const ModelConfig& model = network.config.model;
  EXPECT_EQ(model.resolution, 32);
  EXPECT_EQ(model.latent_dim, 64);
  EXPECT_EQ(model.mapping_layers, 2);
  EXPECT_EQ(model.channel_base, 1024);
  EXPECT_EQ(model.max_features, 64);
  EXPECT_EQ(model.mbstd_group, 4);
  EXPECT_TRUE(TrainConfigFromJson(ToJson(network.config)).ok());
  for (const char* name : {"ema.latent_average", "ema.generator.initial_constant", "generator.initial_constant",
                           "mapping_network.net.2.bias", "stored.ema.mapping_network.net.0.weight.weight",
                           "noise_const.ema.6", "discriminator.blocks.2.residual.1.weight.weight"}) {
    EXPECT_EQ(network.tensors.count(name), 1u) << name;
  }
}

// The values of a weight are those that the other program computes with.
TEST(ImportNetwork, WeightsOfTheMappingNetworkAreScaled) {
  const ImportedNetwork network = Import("nvidia_4.pkl");
  const std::vector<float> stored = ValuesOf(network.tensors.at("stored.ema.mapping_network.net.0.weight.weight"));
  const std::vector<float> ours = ValuesOf(network.tensors.at("ema.mapping_network.net.0.weight.weight"));
  for (size_t i = 0; i < ours.size(); ++i) ASSERT_EQ(ours[i], stored[i] * 0.01f);
}

TEST(ImportNetwork, EveryProgramsFileIsTheSameNetwork) {
  const ImportedNetwork nvidia = Import("nvidia_whole.pkl");
  for (const char* name : {"rosinality_training.pt", "tensorflow_4.pkl", "tensorflow_5.pkl", "nvidia_frozen.pkl"}) {
    ImportedNetwork network = Import(name);
    EXPECT_EQ(ToJson(network.config), ToJson(nvidia.config)) << name;
    ForeignTensors want = nvidia.tensors;
    if (std::string(name) == "rosinality_training.pt") {
      EXPECT_THAT(network.notes, ElementsAre(HasSubstr("no average of w")));
      want.erase("ema.latent_average");
      network.tensors.erase("ema.latent_average");
    }
    ExpectSameTensors(network.tensors, want, /*tolerance=*/2e-7f);
  }
}

TEST(ImportNetwork, TheAnnotatedModel) {
  const ImportedNetwork network = Import("annotated.pt");
  EXPECT_EQ(network.config.model.resolution, 8);
  EXPECT_FALSE(network.config.model.fc_head);
  EXPECT_THAT(network.notes, ElementsAre(HasSubstr("no average of its weights"), HasSubstr("no average of w,")));
  EXPECT_EQ(network.tensors.count("ema.generator.blocks.0.to_rgb.conv.weight.weight"), 1u);
}

TEST(ImportNetwork, ADiscriminatorThatDoesNotFitIsLeftOut) {
  for (const char* name : {"nvidia_batch_stddev.pkl", "tensorflow_batch_stddev.pkl"}) {
    const ImportedNetwork network = Import(name);
    EXPECT_THAT(network.notes, ElementsAre(HasSubstr("discriminator is left out: its discriminator needs mbstd_group = "
                                                     "the whole batch")));
    for (const auto& [tensor, unused] : network.tensors) EXPECT_NE(tensor.rfind("discriminator.", 0), 0u) << tensor;
  }
}

TEST(ImportNetwork, WhatIsMissingIsNamed) {
  EXPECT_THAT(ErrorOf(ForeignPath("nvidia_clamp.pkl")), HasSubstr("conv_clamp = 256"));
  EXPECT_THAT(ErrorOf(ForeignPath("nvidia_labels.pkl")), HasSubstr("label_dim = 10"));
  EXPECT_THAT(ErrorOf(ForeignPath("nvidia_gray.pkl")), HasSubstr("image_channels = 1"));
  EXPECT_THAT(ErrorOf(ForeignPath("nvidia_resnet.pkl")), HasSubstr("g_architecture = resnet"));
  EXPECT_THAT(ErrorOf(ForeignPath("stylegan3.pkl")), HasSubstr("StyleGAN3"));
  EXPECT_THAT(ErrorOf(ForeignPath("lucidrains.pt")), HasSubstr("lucidrains"));
  EXPECT_THAT(ErrorOf(ForeignPath("swagan.pt")), HasSubstr("SWAGAN"));
  ImportOptions options;
  options.ignore_clamp = true;
  EXPECT_EQ(Import("nvidia_clamp.pkl", options).config.model.resolution, 8);
}

TEST(ImportNetwork, OtherFiles) {
  const nn::ScratchDir dir;
  EXPECT_THAT(ErrorOf(dir.File("missing")), HasSubstr("cannot open"));
  EXPECT_THAT(ErrorOf(dir.Write("text", "hello")), HasSubstr("no file of weights"));
  EXPECT_THAT(ErrorOf(dir.Write("empty", "")), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf(dir.Write("list.pkl", std::string("\x80\2].", 4))), HasSubstr("a value of the kind list"));
  EXPECT_THAT(ErrorOf(dir.Write("dict.pkl", std::string("\x80\2}X\1\0\0\0aNs.", 12))), HasSubstr("entries are \"a\""));
  EXPECT_THAT(ErrorOf(dir.Write("a.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10))),
              HasSubstr("no network of this program"));
}

std::string BytesOf(const std::string& name) {
  std::ifstream in(ForeignPath(name), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  SG_CHECK(bytes.size() > 1000) << name;
  return bytes;
}

TEST(ImportNetwork, EveryTruncationIsRefusedAtOnce) {
  const nn::ScratchDir dir;
  for (const char* name : {"nvidia_clamp.pkl", "annotated.pt", "tensorflow_batch_stddev.pkl"}) {
    const std::string bytes = BytesOf(name);
    for (size_t length = 0; length < bytes.size(); length += 97) {
      const std::string path = dir.Write("cut", bytes.substr(0, length));
      const std::clock_t start = std::clock();
      EXPECT_NE(ErrorOf(path), "it was accepted");
      const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // of processor time
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
      EXPECT_LT(seconds, 0.1);
#endif
    }
  }
}

// Changed bytes that make no error may change the network, but nothing else.
TEST(ImportNetwork, ChangedBytesAreBorne) {
  const nn::ScratchDir dir;
  int accepted = 0, refused = 0;
  for (const char* name : {"nvidia_clamp.pkl", "rosinality_small.pt", "tensorflow_batch_stddev.pkl"}) {
    const std::string bytes = BytesOf(name);
    for (size_t at = 0; at < bytes.size(); at += 61) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(at * 7 + 1);
      const std::string path = dir.Write("changed", changed);
      ImportOptions options;
      options.ignore_clamp = true;
      const absl::StatusOr<ImportedNetwork> network = ImportNetwork(path, options);
      network.ok() ? ++accepted : ++refused;
      if (!network.ok()) continue;
      for (const auto& [tensor, source] : network->tensors) (void)source.read();
    }
  }
  EXPECT_GT(accepted, 50);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace sg::gan
