#include "gan/interop/import_network.h"

#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gan/config/json.h"
#include "gan/interop/nvidia.h"
#include "gan/interop/tensorflow.h"
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

ImportedNetwork Import(const std::string& name) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath(name));
  SG_CHECK(network.ok()) << network.status().message();
  return *network;
}

std::string ErrorOf(const std::string& path) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(path);
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
  EXPECT_EQ(model.mapping_lr_mul, 0.01);
  EXPECT_TRUE(model.noise_const);
  EXPECT_EQ(network.config.optimizer.mapping_lr, network.config.optimizer.lr);
  EXPECT_TRUE(TrainConfigFromJson(ToJson(network.config)).ok());
  for (const char* name :
       {"ema.latent_average", "ema.generator.initial_constant", "generator.initial_constant",
        "mapping_network.net.2.bias", "ema.mapping_network.net.0.weight.weight", "ema.generator.noise_const.3.second",
        "generator.noise_const.3.second", "discriminator.blocks.2.residual.1.weight.weight"}) {
    EXPECT_EQ(network.tensors.count(name), 1u) << name;
  }
}

// Weights stay as they are stored, also those that are stored divided by a multiplier.
TEST(ImportNetwork, ValuesAreThoseOfTheFile) {
  const ImportedNetwork network = Import("nvidia_4.pkl");
  const absl::StatusOr<ForeignNetwork> file = ReadNvidia(OpenForeign("nvidia_4.pkl"));
  ASSERT_TRUE(file.ok()) << file.status();
  for (const auto& [ours, theirs] :
       {std::pair<const char*, const char*>{"mapping_network.net.0.weight.weight", "mapping.fc0.weight"},
        {"mapping_network.net.2.bias", "mapping.fc1.bias"},
        {"generator.noise_const.2.first", "synthesis.b16.conv0.noise_const"}}) {
    EXPECT_EQ(ValuesOf(network.tensors.at(absl::StrCat("ema.", ours))), ValuesOf(file->average->tensors.at(theirs)));
  }
}

TEST(ImportNetwork, TheSwitchesOfNvidiasFiles) {
  const ImportedNetwork latents = Import("nvidia_latents.pkl");
  EXPECT_EQ(latents.config.model.latent_dim, 6);
  EXPECT_EQ(latents.config.model.w_dim, 8);
  EXPECT_EQ(latents.config.optimizer.w_avg_beta, 0.998);
  const ImportedNetwork labels = Import("nvidia_conditional.pkl");
  EXPECT_THAT(labels.notes, IsEmpty());
  EXPECT_EQ(labels.config.model.label_dim, 10);
  EXPECT_TRUE(labels.config.cond);
  EXPECT_EQ(labels.config.optimizer.w_avg_beta, 0.995);
  for (const char* name : {"ema.mapping_network.embed.bias", "discriminator.mapping_network.embed.weight.weight",
                           "discriminator.mapping_network.net.14.bias"}) {
    EXPECT_EQ(labels.tensors.count(name), 1u) << name;
  }
  EXPECT_EQ(Import("nvidia_clamp.pkl").config.model.conv_clamp, 256);
  EXPECT_EQ(Import("nvidia_gray.pkl").config.model.image_channels, 1);
  const ModelConfig statistics = Import("nvidia_statistics.pkl").config.model;
  EXPECT_EQ(statistics.mbstd_channels, 2);
  EXPECT_EQ(statistics.mbstd_group, 4);
  const ImportedNetwork noiseless = Import("nvidia_noiseless.pkl");
  EXPECT_FALSE(noiseless.config.model.noise);
  EXPECT_FALSE(noiseless.config.model.noise_const);
  EXPECT_THAT(ValuesOf(noiseless.tensors.at("ema.generator.style_block.scale_noise")), ElementsAre(0));
}

// The layers that map the discriminator's labels have another multiplier there, 0.1 unless the file says otherwise.
TEST(ImportNetwork, LabelsOfTensorFlowsDiscriminatorAreRescaled) {
  const ImportedNetwork network = Import("tensorflow_label_mapping.pkl");
  EXPECT_THAT(network.notes, IsEmpty());
  const absl::StatusOr<ForeignNetwork> file = ReadTensorFlow(OpenForeign("tensorflow_label_mapping.pkl"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->discriminator->mapping_lr_mul, 0.1);
  const std::vector<float> theirs = ValuesOf(file->discriminator->tensors.at("mapping.fc7.weight"));
  const std::vector<float> ours = ValuesOf(network.tensors.at("discriminator.mapping_network.net.14.weight.weight"));
  ASSERT_EQ(ours.size(), 64u);
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], 10 * theirs[i]);
  EXPECT_EQ(ValuesOf(network.tensors.at("discriminator.mapping_network.embed.bias")),
            ValuesOf(file->discriminator->tensors.at("mapping.embed.bias")));
}

TEST(ImportNetwork, AFileWithoutMapsOfNoise) {
  EXPECT_TRUE(Import("rosinality_small.pt").config.model.noise_const);
  const ImportedNetwork network = Import("rosinality_mapless.pt");
  EXPECT_TRUE(network.config.model.noise);
  EXPECT_FALSE(network.config.model.noise_const);
  EXPECT_EQ(network.tensors.count("ema.generator.noise_const.0.second"), 0u);
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

TEST(ImportNetwork, StatisticsOfTheWholeBatch) {
  for (const char* name : {"nvidia_batch_stddev.pkl", "tensorflow_batch_stddev.pkl"}) {
    const ImportedNetwork network = Import(name);
    EXPECT_THAT(network.notes, IsEmpty());
    EXPECT_EQ(network.config.model.mbstd_group, 0);
    EXPECT_EQ(network.tensors.count("discriminator.final.bias"), 1u);
  }
}

TEST(ImportNetwork, ADiscriminatorThatDoesNotFitIsLeftOut) {
  const ImportedNetwork network = Import("nvidia_other_group.pkl");
  EXPECT_THAT(network.notes, ElementsAre(HasSubstr("discriminator is left out: its discriminator cannot be used: "
                                                   "mbstd_group is 1")));
  for (const auto& [tensor, unused] : network.tensors) EXPECT_NE(tensor.rfind("discriminator.", 0), 0u) << tensor;
}

TEST(ImportNetwork, WhatIsMissingIsNamed) {
  EXPECT_THAT(ErrorOf(ForeignPath("nvidia_relu.pkl")), HasSubstr("its activation is \"relu\""));
  EXPECT_THAT(ErrorOf(ForeignPath("tensorflow_labels.pkl")), HasSubstr("conditional networks of version 4"));
  EXPECT_THAT(ErrorOf(ForeignPath("stylegan3.pkl")), HasSubstr("StyleGAN3"));
  EXPECT_THAT(ErrorOf(ForeignPath("lucidrains.pt")), HasSubstr("lucidrains"));
  EXPECT_THAT(ErrorOf(ForeignPath("swagan.pt")), HasSubstr("SWAGAN"));
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
  for (const char* name :
       {"nvidia_clamp.pkl", "nvidia_labels.pkl", "rosinality_small.pt", "tensorflow_label_mapping.pkl"}) {
    const std::string bytes = BytesOf(name);
    for (size_t at = 0; at < bytes.size(); at += 61) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(at * 7 + 1);
      const std::string path = dir.Write("changed", changed);
      const absl::StatusOr<ImportedNetwork> network = ImportNetwork(path);
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
