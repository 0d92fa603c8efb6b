#include "gan/train/pretrained.h"

#include "engine/runtime/devices.h"
#include "gan/config/json.h"
#include "gan/train/run_directory.h"
#include "gan/train/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "nn/state/checkpoint.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PretrainedTest : public ::testing::Test {
 protected:
  PretrainedTest() : run_(*RunDirectory::Create(folder_.path(), "run")), trainer_(SmallConfig(), Device::Cpu()) {
    for (int i = 0; i < 5; ++i) trainer_.Step(SmallBatch(SmallConfig(), i));
  }

  std::string ErrorOf(const std::string& path) {
    const absl::StatusOr<Pretrained> loaded = LoadPretrained(path, Device::Cpu());
    EXPECT_FALSE(loaded.ok()) << path;
    EXPECT_THAT(std::string(loaded.status().message()), StartsWith(path + ": "));
    return std::string(loaded.status().message());
  }

  nn::ScratchDir folder_;
  RunDirectory run_;
  Trainer trainer_;
};

TEST_F(PretrainedTest, HoldsTheAveragesOfTheTrainer) {
  ASSERT_TRUE(trainer_.Save(folder_.File("state"), {}).ok());
  const absl::StatusOr<Pretrained> loaded = LoadPretrained(folder_.File("state"), Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->path, folder_.File("state"));
  EXPECT_EQ(ToJson(loaded->config), ToJson(SmallConfig()));
  const std::vector<nn::NamedTensor> parameters = nn::Parameters(*loaded->generator);
  EXPECT_FALSE(parameters.empty());
  for (const nn::NamedTensor& p : parameters) {
    EXPECT_EQ(p.tensor.ToHost<float>(), StateTensor(trainer_, "ema." + p.name).ToHost<float>()) << p.name;
  }
  EXPECT_EQ(loaded->latent_average.ToHost<float>(), trainer_.latent_average().ToHost<float>());
}

TEST_F(PretrainedTest, KnowsTheNamesOfTheClasses) {
  const TrainConfig config = SmallConditionalConfig();
  DataIdentity data = {3, "0123abcd", "4567cdef"};
  for (int i = 0; i < config.model.label_dim; ++i)
    data.class_names.push_back(std::string(1, static_cast<char>('a' + i)));
  ASSERT_TRUE(SaveCheckpoint(Trainer(config, Device::Cpu()), folder_.File("state"), data).ok());
  const absl::StatusOr<Pretrained> loaded = LoadPretrained(folder_.File("state"), Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->class_names, data.class_names);
}

TEST_F(PretrainedTest, HoldsTheNoiseOfAGeneratorThatHasSome) {
  const TrainConfig config = SmallConditionalConfig();
  Trainer trainer(config, Device::Cpu());
  trainer.Step(SmallBatch(config, 0));
  ASSERT_TRUE(trainer.Save(folder_.File("conditional"), {}).ok());
  const absl::StatusOr<Pretrained> loaded = LoadPretrained(folder_.File("conditional"), Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->class_names, testing::IsEmpty());
  const std::vector<nn::NamedTensor> buffers = nn::Buffers(*loaded->generator);
  ASSERT_EQ(buffers.size(), 3u);
  for (const nn::NamedTensor& t : buffers) {
    EXPECT_EQ(t.tensor.ToHost<float>(), StateTensor(trainer, "ema." + t.name).ToHost<float>()) << t.name;
  }
  EXPECT_EQ(loaded->latent_average.ToHost<float>(), trainer.latent_average().ToHost<float>());
}

TEST_F(PretrainedTest, AFolderMeansItsNewestCheckpoint) {
  EXPECT_THAT(ErrorOf(run_.path()), HasSubstr("no checkpoint in this folder"));
  ASSERT_TRUE(trainer_.Save(run_.CheckpointPath("000008"), {}).ok());
  trainer_.Step(SmallBatch(SmallConfig(), 9));
  ASSERT_TRUE(trainer_.Save(run_.CheckpointPath("000012"), {}).ok());
  const absl::StatusOr<Pretrained> loaded = LoadPretrained(run_.path(), Device::Cpu());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->path, run_.CheckpointPath("000012"));
  EXPECT_EQ(loaded->latent_average.ToHost<float>(), trainer_.latent_average().ToHost<float>());
}

// Every layer of this network has hundreds of megabytes, and the file has none of them.
TEST_F(PretrainedTest, AClaimOfAHugeNetworkTakesNoMemory) {
  TrainConfig huge = SmallConfig();
  huge.model.resolution = 1024;
  huge.model.g_features = huge.model.max_features = 4096;
  ASSERT_TRUE(nn::SaveTensors(folder_.File("state"), {}, {{"config", ToJson(huge)}}).ok());
  ResetMemoryPeak(Device::Cpu());
  const int64_t before = MemoryStatsOf(Device::Cpu()).peak_bytes;
  EXPECT_THAT(ErrorOf(folder_.File("state")), HasSubstr("not a checkpoint of this model: it lacks "));
  EXPECT_EQ(MemoryStatsOf(Device::Cpu()).peak_bytes, before);
}

TEST_F(PretrainedTest, AveragesAloneAreEnough) {
  std::vector<nn::NamedTensor> averages;
  for (const nn::NamedTensor& t : trainer_.State()) {
    if (t.name.rfind("ema.", 0) == 0) averages.push_back(t);
  }
  ASSERT_TRUE(nn::SaveTensors(folder_.File("ema"), averages, {{"config", ToJson(SmallConfig())}}).ok());
  EXPECT_TRUE(LoadPretrained(folder_.File("ema"), Device::Cpu()).ok());
  averages.pop_back();
  ASSERT_TRUE(nn::SaveTensors(folder_.File("less"), averages, {{"config", ToJson(SmallConfig())}}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("less")), HasSubstr("it lacks ema."));
}

TEST_F(PretrainedTest, WhatIsNoNetworkIsAnErrorWithItsPath) {
  ErrorOf(folder_.File("missing"));
  ErrorOf(folder_.Write("text", "no network"));
  ASSERT_TRUE(nn::SaveTensors(folder_.File("tensors"), trainer_.State(), {}).ok());
  ErrorOf(folder_.File("tensors"));
  TrainConfig wider = SmallConfig();
  wider.model.latent_dim = 16;
  ASSERT_TRUE(nn::SaveTensors(folder_.File("other"), trainer_.State(), {{"config", ToJson(wider)}}).ok());
  EXPECT_THAT(ErrorOf(folder_.File("other")), HasSubstr("not a checkpoint of this model"));
}

}  // namespace
}  // namespace sg::gan
