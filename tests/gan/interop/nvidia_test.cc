#include "gan/interop/nvidia.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ForeignNetwork Read(const std::string& name) {
  const absl::StatusOr<ForeignNetwork> network = ReadNvidia(OpenForeign(name));
  SG_CHECK(network.ok()) << name << ": " << network.status().message();
  return *network;
}

std::string ErrorOf(const std::string& name) {
  const absl::StatusOr<ForeignNetwork> network = ReadNvidia(OpenForeign(name));
  return network.ok() ? "it was accepted" : std::string(network.status().message());
}

TEST(Nvidia, EveryProtocolHasTheSameTensors) {
  const ForeignNetwork four = Read("nvidia_4.pkl");
  EXPECT_THAT(four.average->layers.channels, ElementsAre(64, 64, 64, 32));
  EXPECT_EQ(four.average->z_dim, 64);
  EXPECT_EQ(four.average->mapping_layers, 2);
  EXPECT_EQ(four.average->mapping_lr_mul, 0.01);
  EXPECT_EQ(four.average->layers.conv_clamp, 0);
  EXPECT_TRUE(four.average->noise);
  EXPECT_FALSE(four.generator.has_value());
  EXPECT_FALSE(four.discriminator.has_value());
  EXPECT_EQ(four.average->tensors.size(), 5u + 1 + 7 * 6 + 4 * 4);
  for (const char* other : {"nvidia_2.pkl", "nvidia_3.pkl", "nvidia_5.pkl"}) {
    ExpectSameTensors(Read(other).average->tensors, four.average->tensors);
  }
}

TEST(Nvidia, FrozenLayersAndOtherStridesAreTheSame) {
  const ForeignNetwork whole = Read("nvidia_whole.pkl"), frozen = Read("nvidia_frozen.pkl");
  ASSERT_TRUE(whole.discriminator.has_value());
  EXPECT_EQ(whole.discriminator->mbstd_group, 4);
  EXPECT_EQ(whole.discriminator->mbstd_channels, 1);
  ExpectSameTensors(frozen.discriminator->tensors, whole.discriminator->tensors);
  ExpectSameTensors(whole.generator->tensors, whole.average->tensors);
}

TEST(Nvidia, SwitchesAreRead) {
  EXPECT_EQ(Read("nvidia_clamp.pkl").average->layers.conv_clamp, 256);
  EXPECT_EQ(Read("nvidia_labels.pkl").average->layers.label_dim, 10);
  EXPECT_EQ(Read("nvidia_gray.pkl").average->layers.image_channels, 1);
  EXPECT_EQ(Read("nvidia_resnet.pkl").average->layers.architecture, "resnet");
  EXPECT_EQ(Read("nvidia_batch_stddev.pkl").discriminator->mbstd_group, 0);
  const ForeignNetwork latents = Read("nvidia_latents.pkl");
  EXPECT_EQ(latents.average->z_dim, 6);
  EXPECT_EQ(latents.average->w_dim, 8);
  EXPECT_EQ(latents.average->w_avg_beta, 0.998);
  const ForeignNetwork conditional = Read("nvidia_conditional.pkl");
  EXPECT_EQ(conditional.discriminator->layers.label_dim, 10);
  EXPECT_EQ(conditional.discriminator->mapping_layers, 8);
  EXPECT_EQ(conditional.discriminator->mapping_lr_mul, 0.01);
  EXPECT_EQ(conditional.average->w_avg_beta, 0.995);
}

TEST(Nvidia, TheProbabilityOfAugmentationIsRead) {
  const ForeignNetwork augmented = Read("nvidia_augmented.pkl"), whole = Read("nvidia_whole.pkl");
  EXPECT_EQ(augmented.augment_p, 0.3125);
  EXPECT_THAT(augmented.notes, IsEmpty());
  ExpectSameTensors(augmented.average->tensors, whole.average->tensors);
  EXPECT_FALSE(whole.augment_p.has_value()) << "it was trained without";
}

// It is no part of the networks, so they can be used whatever it is.
TEST(Nvidia, AWrongProbabilityIsLeftOut) {
  for (const auto& [file, reason] : {std::pair<const char*, const char*>{"nvidia_p_nan.pkl", "it is nan"},
                                     {"nvidia_p_negative.pkl", "it is -0.5"},
                                     {"nvidia_p_many.pkl", "it is [2]"},
                                     {"nvidia_p_text.pkl", "p"}}) {
    const ForeignNetwork network = Read(file);
    EXPECT_FALSE(network.augment_p.has_value()) << file;
    EXPECT_THAT(network.notes, ElementsAre(AllOf(HasSubstr("The probability of its augmentation cannot be used: "),
                                                 HasSubstr(reason))));
    EXPECT_TRUE(network.average.has_value());
  }
}

TEST(Nvidia, OtherFormulasAreRefused) {
  EXPECT_THAT(ErrorOf("stylegan3.pkl"), HasSubstr("this is a StyleGAN3"));
  EXPECT_THAT(ErrorOf("nvidia_relu.pkl"), HasSubstr("its activation is \"relu\", not \"lrelu\""));
  EXPECT_THAT(ErrorOf("nvidia_filter.pkl"), HasSubstr("resamples with another filter"));
}

TEST(Nvidia, RecognizesOnlyItsOwn) {
  EXPECT_TRUE(IsNvidia(*OpenForeign("nvidia_2.pkl")));
  EXPECT_TRUE(IsNvidia(*OpenForeign("stylegan3.pkl")));
  for (const char* other : {"tensorflow_4.pkl", "rosinality_training.pt", "annotated.pt", "lucidrains.pt"}) {
    EXPECT_FALSE(IsNvidia(*OpenForeign(other))) << other;
  }
}

// ---- Hostile modules, built by hand.

std::string Object(const std::string& class_name, const std::string& state, int version = 6) {
  const std::string meta = io::RawDict({{"type", io::RawText("class")},
                                        {"version", io::RawInt(version)},
                                        {"class_name", io::RawText(class_name)},
                                        {"state", state}});
  return io::RawCall(io::RawGlobal("torch_utils.persistence", "_reconstruct_persistent_obj"), {meta});
}

std::string HandMade(const std::string& generator) {
  const nn::ScratchDir dir;
  const std::string path = dir.Write("a.pkl", io::MakePickle(io::RawDict({{"G_ema", generator}})));
  absl::StatusOr<std::unique_ptr<io::TorchFile>> file = io::TorchFile::Open(path, ForeignGlobals());
  if (!file.ok()) return std::string(file.status().message());
  EXPECT_TRUE(IsNvidia(**file));
  const absl::StatusOr<ForeignNetwork> network = ReadNvidia(std::shared_ptr<io::TorchFile>(*std::move(file)));
  return network.ok() ? "it was accepted" : std::string(network.status().message());
}

TEST(Nvidia, HostileModules) {
  EXPECT_THAT(HandMade(Object("Generator", "N")), HasSubstr("no attributes"));
  EXPECT_THAT(HandMade(Object("Generator", io::RawDict({}))), HasSubstr("\"c_dim\" is missing"));
  EXPECT_THAT(HandMade(Object("Generator", io::RawDict({}), 7)), HasSubstr("version 7"));
  EXPECT_THAT(
      HandMade(Object(
          "Generator",
          io::RawDict(
              {{"c_dim", io::RawInt(0)},
               {"img_resolution", io::RawInt(8)},
               {"img_channels", io::RawInt(3)},
               {"z_dim", io::RawInt(8)},
               {"w_dim", io::RawInt(8)},
               {"_modules",
                io::RawDict({{"mapping", Object("MappingNetwork", io::RawDict({{"num_layers", io::RawInt(2)},
                                                                               {"w_avg_beta", io::RawInt(2)}}))}})}}))),
      HasSubstr("w_avg_beta is 2, must be from 0 to 1"));
  EXPECT_THAT(HandMade(Object("System", io::RawDict({}))), HasSubstr("class \"System\""));
  const auto generator = [](const std::string& resolution, const std::string& children) {
    return Object("Generator", io::RawDict({{"c_dim", io::RawInt(0)},
                                            {"img_resolution", resolution},
                                            {"img_channels", io::RawInt(3)},
                                            {"z_dim", io::RawInt(8)},
                                            {"w_dim", io::RawInt(8)},
                                            {"_modules", children}}));
  };
  EXPECT_THAT(HandMade(generator(io::RawInt(24), io::RawDict({}))), HasSubstr("img_resolution is 24"));
  EXPECT_THAT(HandMade(generator(io::RawInt(-8), io::RawDict({}))), HasSubstr("img_resolution is -8"));
  EXPECT_THAT(HandMade(generator(io::RawInt(int64_t{1} << 40), io::RawDict({}))), HasSubstr("not a count"));
  EXPECT_THAT(HandMade(generator(io::RawText("8"), io::RawDict({}))), HasSubstr("is no number"));
  EXPECT_THAT(HandMade(generator(io::RawInt(8), io::RawDict({}))),
              HasSubstr("\"synthesis.b4.conv1.weight\" is missing"));
  EXPECT_THAT(HandMade(generator(io::RawInt(8), io::RawDict({{"a", io::RawInt(3)}}))),
              HasSubstr("no object of NVIDIA's"));
}

// A module that contains itself, and one that contains the same one twice, which contains the same one twice ...
TEST(Nvidia, SharedModulesAreBounded) {
  const std::string empty = Object("SynthesisNetwork", io::RawDict({}));
  std::string nested = empty;
  for (int i = 0; i < 12; ++i) {
    nested = Object("SynthesisNetwork", io::RawDict({{"_modules", io::RawDict({{"a", nested}})}}));
  }
  EXPECT_THAT(HandMade(nested), HasSubstr("nested too deeply"));
  // Each state is memoized, so that seven levels of ten children make ten million modules out of a few lines.
  std::string laughs = Object("SynthesisNetwork", "}q" + std::string(1, '\0'));
  for (char level = 1; level < 8; ++level) {
    std::string children = "}(" + io::RawText("first") + laughs;
    for (char name = 'a'; name < 'j'; ++name) {
      children += io::RawText(std::string(1, name)) +
                  Object("SynthesisNetwork", "h" + std::string(1, static_cast<char>(level - 1)));
    }
    laughs = Object("SynthesisNetwork", "}q" + std::string(1, level) + io::RawText("_modules") + children + "us");
  }
  EXPECT_THAT(HandMade(laughs), HasSubstr("nested too deeply, or too many"));
  const std::string itself =
      Object("SynthesisNetwork", "}q" + std::string(1, '\5') + io::RawText("_modules") + "}" + io::RawText("a") +
                                     Object("SynthesisNetwork", "h" + std::string(1, '\5')) + "ss");
  EXPECT_THAT(HandMade(itself), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace sg::gan
