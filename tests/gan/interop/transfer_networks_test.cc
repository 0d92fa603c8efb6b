#include "gan/interop/transfer_networks.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/tensor/record_scope.h"
#include "gan/config/presets.h"
#include "gan/interop/load_network.h"
#include "gan/sample/sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::map<std::string, std::vector<float>> ValuesOf(const Trainer& trainer) {
  std::map<std::string, std::vector<float>> values;
  for (const nn::NamedTensor& t : trainer.State()) values[t.name] = t.tensor.ToHost<float>();
  return values;
}

// A trained state in a file.
class TransferTest : public ::testing::Test {
 protected:
  // Returns the values of the state that was written.
  std::map<std::string, std::vector<float>> Write(const TrainConfig& config) {
    Trainer trainer(config, Device::Cpu());
    for (int i = 0; i < 3; ++i) trainer.Step(SmallBatch(config, i));
    EXPECT_TRUE(trainer.Save(path_, {}).ok());
    return ValuesOf(trainer);
  }
  Transfer MustTransfer(Trainer* trainer) {
    absl::StatusOr<Transfer> transfer = TransferNetworks(path_, trainer);
    EXPECT_TRUE(transfer.ok()) << transfer.status();
    return transfer.ok() ? *std::move(transfer) : Transfer();
  }

  const nn::ScratchDir folder_;
  const std::string path_ = folder_.File("network.safetensors");
};

TEST_F(TransferTest, OfTheSameModelCopiesTheNetworksAlone) {
  const std::map<std::string, std::vector<float>> from = Write(SmallConfig());
  TrainConfig config = SmallConfig();
  config.seed = 2;
  Trainer trainer(config, Device::Cpu());
  const std::map<std::string, std::vector<float>> before = ValuesOf(trainer);
  const Transfer transfer = MustTransfer(&trainer);
  EXPECT_EQ(transfer.path, path_);
  EXPECT_THAT(transfer.left, IsEmpty());
  int64_t copied = 0;
  for (const auto& [name, values] : ValuesOf(trainer)) {
    const bool of_training = name.rfind("adam.", 0) == 0 || name.rfind("path_length.", 0) == 0;
    EXPECT_EQ(values, of_training ? before.at(name) : from.at(name)) << name;
    copied += of_training ? 0 : 1;
  }
  EXPECT_EQ(transfer.copied, copied);
  EXPECT_EQ(trainer.steps(), 0);
}

TEST_F(TransferTest, BlocksAreMatchedByTheirSize) {
  for (const Architecture architecture : {Architecture::kResnet, Architecture::kSkip}) {
    TrainConfig config = SmallOfficialConfig();
    config.model.d_architecture = architecture;
    config.model.channel_base = 64;  // 16 channels at 4x4, 8 at 8x8, 4 at 16x16
    config.model.max_features = 16;
    const std::map<std::string, std::vector<float>> from = Write(config);
    config.model.resolution = 16;
    Trainer larger(config, Device::Cpu());
    const Transfer transfer = MustTransfer(&larger);
    const std::map<std::string, std::vector<float>> values = ValuesOf(larger);
    EXPECT_EQ(values.at("generator.blocks.0.style_block1.bias"), from.at("generator.blocks.0.style_block1.bias"));
    EXPECT_EQ(values.at("discriminator.blocks.1.block.0.weight.weight"),
              from.at("discriminator.blocks.0.block.0.weight.weight"));
    EXPECT_EQ(values.at("discriminator.conv.weight.weight"), from.at("discriminator.conv.weight.weight"));
    // What only the larger network has.
    EXPECT_THAT(transfer.left, Contains(StartsWith("generator.blocks.1.")));
    EXPECT_THAT(transfer.left, Contains(StartsWith("discriminator.blocks.0.")));
    EXPECT_THAT(transfer.left, Contains(StartsWith("discriminator.from_rgb.")));
    EXPECT_THAT(transfer.left, Each(Not(StartsWith("discriminator.blocks.1."))));
    EXPECT_THAT(transfer.left, Each(Not(StartsWith("mapping_network."))));
    if (architecture != Architecture::kSkip) continue;
    EXPECT_EQ(values.at("discriminator.smaller_from_rgb.0.weight.weight"),
              from.at("discriminator.from_rgb.0.weight.weight"));
  }
}

TEST_F(TransferTest, OfALargerModelTakesItsSmallerBlocks) {
  TrainConfig config = SmallOfficialConfig();
  config.model.resolution = 16;
  config.model.d_architecture = Architecture::kSkip;
  const std::map<std::string, std::vector<float>> from = Write(config);
  config.model.resolution = 8;
  Trainer smaller(config, Device::Cpu());
  MustTransfer(&smaller);
  const std::map<std::string, std::vector<float>> values = ValuesOf(smaller);
  EXPECT_EQ(values.at("discriminator.blocks.0.block.2.bias"), from.at("discriminator.blocks.1.block.2.bias"));
  EXPECT_EQ(values.at("discriminator.from_rgb.0.bias"), from.at("discriminator.smaller_from_rgb.0.bias"));
}

// The mapping network of NVIDIA's files is stored 100 times as large as ours.
TEST_F(TransferTest, OfAForeignFileGivesItsPictures) {
  const std::string path = ForeignPath("nvidia_4.pkl");
  const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  TrainConfig config = loaded->pretrained.config;
  ASSERT_NE(config.model.mapping_lr_mul, 1);
  config.model.mapping_lr_mul = 1;
  config.batch = 8;
  Trainer trainer(config, Device::Cpu());
  const absl::StatusOr<Transfer> transfer = TransferNetworks(path, &trainer);
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  RecordScope no_record(false);
  const Tensor z = LatentsFromSeeds({1, 2}, config.model.latent_dim, Device::Cpu());
  const Tensor got = trainer.average()->Map(z), want = loaded->pretrained.generator->Map(z);
  const std::vector<float> a = got.ToHost<float>(), b = want.ToHost<float>();
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5 * (1 + std::abs(b[i]))) << i;
}

TEST_F(TransferTest, AdaptiveAugmentationStartsFromTheFilesProbability) {
  const std::string path = ForeignPath("nvidia_augmented.pkl");
  const absl::StatusOr<LoadedNetwork> loaded = LoadNetwork(path, Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  TrainConfig config = loaded->pretrained.config;
  config.batch = 8;
  config.augment.aug = AugMode::kAda;
  Trainer adaptive(config, Device::Cpu());
  absl::StatusOr<Transfer> transfer = TransferNetworks(path, &adaptive);
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  EXPECT_THAT(transfer->notes, ElementsAre("Augmentation starts with the probability 0.3125, which the training of "
                                           "that file had reached."));
  EXPECT_EQ(adaptive.augment_p(), 0.3125);
  ASSERT_TRUE(TransferNetworks(ForeignPath("nvidia_whole.pkl"), &adaptive).ok());
  EXPECT_EQ(adaptive.augment_p(), 0.3125) << "a file without one says nothing";

  config.augment.aug = AugMode::kFixed;
  config.augment.p = 0.1;
  Trainer fixed(config, Device::Cpu());
  transfer = TransferNetworks(path, &fixed);
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  EXPECT_THAT(transfer->notes, IsEmpty());
  EXPECT_EQ(fixed.augment_p(), 0.1);
}

TEST_F(TransferTest, OwnTrainingsTellTheirProbabilityToo) {
  TrainConfig config = SmallConfig();
  config.augment.aug = AugMode::kAda;
  Trainer source(config, Device::Cpu()), trainer(config, Device::Cpu());
  source.StartAugmentAt(0.25);
  ASSERT_TRUE(source.Save(path_, {}).ok());
  EXPECT_THAT(MustTransfer(&trainer).notes, ElementsAre(HasSubstr("the probability 0.25")));
  EXPECT_EQ(trainer.augment_p(), 0.25);
}

TEST_F(TransferTest, NothingThatFitsIsAnError) {
  Write(SmallConfig());
  TrainConfig config = SmallConfig();
  config.model.latent_dim = 16;
  config.model.g_features = 3;
  config.model.max_features = 5;
  Trainer trainer(config, Device::Cpu());
  const absl::Status status = TransferNetworks(path_, &trainer).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no convolution of its generator has the shape"));
  EXPECT_THAT(std::string(TransferNetworks(folder_.File("missing"), &trainer).status().message()),
              StartsWith(folder_.File("missing")));
}

}  // namespace
}  // namespace sg::gan
