#include "gan/interop/rosinality.h"

#include "gan/interop/nvidia.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Rosinality, EveryFormHasTheTensorsOfNvidia) {
  const absl::StatusOr<ForeignNetwork> nvidia = ReadNvidia(OpenForeign("nvidia_whole.pkl"));
  ASSERT_TRUE(nvidia.ok()) << nvidia.status();
  ForeignTensors without_average = nvidia->average->tensors;
  without_average.erase("mapping.w_avg");
  for (const char* name : {"rosinality_training.pt", "rosinality_converted.pt", "rosinality_old.pt", "encoder.pt"}) {
    const absl::StatusOr<ForeignNetwork> network = ReadRosinality(OpenForeign(name));
    ASSERT_TRUE(network.ok()) << name << ": " << network.status();
    EXPECT_THAT(network->average->layers.channels, ElementsAre(64, 64, 64, 32));
    EXPECT_EQ(network->average->mapping_layers, 2);
    EXPECT_EQ(network->average->z_dim, 64);
    const bool trained = std::string(name) == "rosinality_training.pt";
    ExpectSameTensors(network->average->tensors, trained ? without_average : nvidia->average->tensors);
    EXPECT_EQ(network->generator.has_value(), trained);
    ASSERT_EQ(network->discriminator.has_value(), trained);
    if (trained) ExpectSameTensors(network->discriminator->tensors, nvidia->discriminator->tensors);
  }
}

TEST(Rosinality, RecognizesOnlyItsOwn) {
  for (const char* own : {"rosinality_training.pt", "rosinality_old.pt", "encoder.pt", "swagan.pt"}) {
    EXPECT_TRUE(IsRosinality(*OpenForeign(own))) << own;
  }
  for (const char* other : {"nvidia_2.pkl", "tensorflow_4.pkl", "annotated.pt", "lucidrains.pt"}) {
    EXPECT_FALSE(IsRosinality(*OpenForeign(other))) << other;
  }
}

std::string ErrorOf(const std::string& state_dict) {
  const nn::ScratchDir dir;
  const std::string bytes = io::MakeTorchZip(io::RawDict({{"g_ema", state_dict}}), {{"0", io::Floats({1, 2, 3, 4})}});
  absl::StatusOr<std::unique_ptr<io::TorchFile>> file = io::TorchFile::Open(dir.Write("a.pt", bytes), ForeignGlobals());
  SG_CHECK(file.ok()) << file.status().message();
  const absl::StatusOr<ForeignNetwork> network = ReadRosinality(std::shared_ptr<io::TorchFile>(*std::move(file)));
  return network.ok() ? "it was accepted" : std::string(network.status().message());
}

TEST(Rosinality, IncompleteAndForeignStateDicts) {
  const absl::StatusOr<ForeignNetwork> swagan = ReadRosinality(OpenForeign("swagan.pt"));
  EXPECT_THAT(std::string(swagan.status().message()), HasSubstr("SWAGAN"));
  const std::string scalar = io::RawTensor("0", 0, {1}, {1}, 4), matrix = io::RawTensor("0", 0, {2, 2}, {2, 1}, 4);
  EXPECT_THAT(ErrorOf(io::RawDict({{"conv1.conv.weight", scalar}})), HasSubstr("no mapping network"));
  EXPECT_THAT(ErrorOf(io::RawDict({{"conv1.conv.weight", scalar}, {"style.1.weight", matrix}})),
              HasSubstr("\"style.1.bias\" is missing"));
  EXPECT_THAT(ErrorOf(io::RawDict({{"conv1.conv.weight", scalar},
                                   {"style.1.weight", matrix},
                                   {"style.1.bias", scalar},
                                   {"input.input", scalar}})),
              HasSubstr("\"input.input\" has the unexpected shape [1]"));
}

}  // namespace
}  // namespace sg::gan
