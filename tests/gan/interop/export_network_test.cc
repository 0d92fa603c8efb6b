#include "gan/interop/export_network.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "engine/io/torch_file.h"
#include "gan/config/json.h"
#include "gan/interop/import_network.h"
#include "gan/train/pretrained.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ImportedNetwork Import(const std::string& path) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(path);
  SG_CHECK(network.ok()) << network.status().message();
  return *network;
}

TEST(ExportNetwork, EveryWayBackIsExact) {
  for (const char* name : {"nvidia_whole.pkl", "nvidia_2.pkl", "tensorflow_4.pkl", "rosinality_training.pt"}) {
    const nn::ScratchDir dir;
    const ImportedNetwork network = Import(ForeignPath(name));
    ASSERT_TRUE(WriteModel(dir.File("a.safetensors"), network).ok());
    const ImportedNetwork ours = Import(dir.File("a.safetensors"));
    ExpectSameTensors(ours.tensors, network.tensors);
    EXPECT_EQ(ToJson(ours.config), ToJson(network.config));
    // From there to rosinality's form and back.
    ASSERT_TRUE(WriteRosinality(dir.File("a.pt"), ours).ok());
    const ImportedNetwork again = Import(dir.File("a.pt"));
    EXPECT_EQ(again.origin, "rosinality's code");
    ExpectSameTensors(again.tensors, network.tensors);
    EXPECT_EQ(ToJson(again.config), ToJson(network.config));
  }
}

TEST(ExportNetwork, RosinalitysOwnFileComesBackByteForByteInItsTensors) {
  const nn::ScratchDir dir;
  ASSERT_TRUE(WriteRosinality(dir.File("a.pt"), Import(ForeignPath("rosinality_training.pt"))).ok());
  absl::StatusOr<std::unique_ptr<io::TorchFile>> written = io::TorchFile::Open(dir.File("a.pt"), {});
  ASSERT_TRUE(written.ok()) << written.status();
  const std::shared_ptr<io::TorchFile> file = *std::move(written), before = OpenForeign("rosinality_training.pt");
  for (const char* part : {"g", "d", "g_ema"}) {
    const absl::StatusOr<ForeignTensors> got = TensorsOf(file, *io::FindItem(file->root(), part));
    const absl::StatusOr<ForeignTensors> want = TensorsOf(before, *io::FindItem(before->root(), part));
    ASSERT_TRUE(got.ok() && want.ok()) << got.status() << want.status();
    ExpectSameTensors(*got, *want);
  }
}

// Our own form has a place for everything.
TEST(ExportNetwork, EveryNetworkComesBackFromOurForm) {
  for (const char* name :
       {"nvidia_conditional.pkl", "nvidia_skip_1.5.pkl", "nvidia_resnet_1.5.pkl", "nvidia_orig_1.5.pkl",
        "nvidia_latents.pkl", "nvidia_noiseless.pkl", "nvidia_statistics.pkl", "tensorflow_batch_stddev.pkl"}) {
    SCOPED_TRACE(name);
    const nn::ScratchDir dir;
    const ImportedNetwork network = Import(ForeignPath(name));
    ASSERT_TRUE(WriteModel(dir.File("a.safetensors"), network).ok());
    const ImportedNetwork ours = Import(dir.File("a.safetensors"));
    ExpectSameTensors(ours.tensors, network.tensors);
    EXPECT_EQ(ToJson(ours.config), ToJson(network.config));
    EXPECT_TRUE(LoadPretrained(dir.File("a.safetensors"), Device::Cpu()).ok());
  }
}

// Rosinality's code computes without the clamp, and the way back has it again.
TEST(ExportNetwork, AClampedNetworkForRosinality) {
  const nn::ScratchDir dir;
  const ImportedNetwork network = Import(ForeignPath("nvidia_clamp.pkl"));
  EXPECT_THAT(RosinalityWarning(network), HasSubstr("exceeds conv_clamp = 256."));
  EXPECT_THAT(RosinalityWarning(network), Not(HasSubstr("discriminator"))) << "it has none";
  ASSERT_TRUE(WriteRosinality(dir.File("a.pt"), network).ok());
  const ImportedNetwork again = Import(dir.File("a.pt"));
  ExpectSameTensors(again.tensors, network.tensors);
  EXPECT_EQ(ToJson(again.config), ToJson(network.config));
}

TEST(ExportNetwork, WhatRosinalityLacksIsNamed) {
  const nn::ScratchDir dir;
  struct Case {
    const char *name, *error;
  };
  for (const Case& c : {Case{"nvidia_conditional.pkl", "whose label_dim is 10"},
                        {"nvidia_gray.pkl", "whose image_channels is 1"},
                        {"nvidia_latents.pkl", "whose w_dim is not latent_dim"},
                        {"nvidia_resnet.pkl", "whose g_architecture is not \"skip\""},
                        {"nvidia_noiseless.pkl", "whose noise is off"}}) {
    EXPECT_THAT(std::string(WriteRosinality(dir.File("a.pt"), Import(ForeignPath(c.name))).message()),
                HasSubstr(c.error));
    EXPECT_FALSE(std::filesystem::exists(dir.File("a.pt")));
  }
}

TEST(ExportNetwork, ADiscriminatorThatRosinalityLacksIsLeftOut) {
  for (const char* name : {"nvidia_batch_stddev.pkl", "nvidia_statistics.pkl"}) {
    const nn::ScratchDir dir;
    const ImportedNetwork network = Import(ForeignPath(name));
    EXPECT_THAT(RosinalityWarning(network), HasSubstr("The discriminator is left out"));
    ASSERT_TRUE(WriteRosinality(dir.File("a.pt"), network).ok());
    const ImportedNetwork again = Import(dir.File("a.pt"));
    EXPECT_EQ(again.tensors.count("ema.generator.initial_constant"), 1u);
    EXPECT_EQ(again.tensors.count("discriminator.final.bias"), 0u);
    EXPECT_EQ(ToJson(again.config), ToJson(network.config));
  }
}

// A network of our own training. Not all of its values have an exact form there.
TEST(ExportNetwork, OurOwnNetworkComesBackExactly) {
  const nn::ScratchDir dir;
  ImportedNetwork network = Import(ForeignPath("nvidia_whole.pkl"));
  for (auto it = network.tensors.begin(); it != network.tensors.end();) {
    it = it->first.find("noise_const") != std::string::npos ? network.tensors.erase(it) : std::next(it);
  }
  for (auto& [name, tensor] : network.tensors) {
    if (name.find("mapping_network") == std::string::npos) continue;
    HostTensor values = {tensor.shape, ValuesOf(tensor)};
    for (float& value : values.values) value = value * 1.1f + 0.001f;
    tensor.read = [values]() -> absl::StatusOr<HostTensor> { return values; };
  }
  network.config.model.mapping_lr_mul = 1;
  network.config.model.noise_const = false;
  network.config.loss.r1_gamma = 3.25;  // the whole configuration comes back
  ASSERT_TRUE(WriteRosinality(dir.File("a.pt"), network).ok());
  const ImportedNetwork again = Import(dir.File("a.pt"));
  ExpectSameTensors(again.tensors, network.tensors);
  EXPECT_EQ(ToJson(again.config), ToJson(network.config));
}

TEST(ExportNetwork, AFolderForSharing) {
  const nn::ScratchDir dir;
  const ImportedNetwork network = Import(ForeignPath("nvidia_2.pkl"));
  ASSERT_TRUE(WriteModelFolder(dir.File("model"), network).ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir.File("model")))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ElementsAre("README.md", "config.json", "model.safetensors"));
  EXPECT_EQ(dir.Read("model/config.json"), ToJson(network.config) + "\n");
  EXPECT_THAT(dir.Read("model/README.md"), HasSubstr("library_name: stylegan2.cpp"));
  ExpectSameTensors(Import(dir.File("model/model.safetensors")).tensors, network.tensors);
  EXPECT_TRUE(LoadPretrained(dir.File("model/model.safetensors"), Device::Cpu()).ok());
  // What the user has written about the model stays.
  dir.Write("model/README.md", "mine");
  ASSERT_TRUE(WriteModelFolder(dir.File("model"), network).ok());
  EXPECT_EQ(dir.Read("model/README.md"), "mine");
}

TEST(ExportNetwork, TheAnnotatedModelHasNoFormThere) {
  const nn::ScratchDir dir;
  const absl::Status status = WriteRosinality(dir.File("a.pt"), Import(ForeignPath("annotated.pt")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("latent_norm is not \"rms\""));
  EXPECT_FALSE(std::filesystem::exists(dir.File("a.pt")));
  EXPECT_TRUE(WriteModel(dir.File("a.safetensors"), Import(ForeignPath("annotated.pt"))).ok());
}

}  // namespace
}  // namespace sg::gan
