#include "gan/train/memory_plan.h"

#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/runtime/backend_for.h"
#include "gan/config/presets.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

// Runs every regularizer in every step except the first.
TrainConfig EveryRegularizerConfig() {
  TrainConfig config;
  config.model.resolution = 16;
  config.model.latent_dim = 16;
  config.model.mapping_layers = 2;
  config.model.g_features = 4;
  config.model.d_features = 4;
  config.model.max_features = 16;
  config.loss.r1_interval = 1;
  config.loss.pl_start = 0;
  config.loss.pl_interval = 1;
  config.batch = 4;
  return config;
}

// The memory that two steps actually use on the CPU.
int64_t MeasuredPeak(const TrainConfig& config) {
  Backend& cpu = BackendFor(Device::Cpu());
  const int64_t before = cpu.Stats().live_bytes;
  cpu.ResetPeak();
  {
    Trainer trainer(config, Device::Cpu());
    const Batch images = UniformBatch(config, 100);
    for (int i = 0; i < 2; ++i) trainer.Step(images);
  }
  EXPECT_EQ(cpu.Stats().live_bytes, before);
  return cpu.Stats().peak_bytes - before;
}

TEST(MemoryPlan, IsThePeakOfTheRealTrainer) {
  EXPECT_EQ(PredictPeakBytes(EveryRegularizerConfig()), MeasuredPeak(EveryRegularizerConfig()));
}

TEST(MemoryPlan, IsThePeakOfTheOfficialTrainer) {
  TrainConfig config = *PresetConfig("official");
  config.model.resolution = 16;
  config.model.latent_dim = 16;
  config.model.mapping_layers = 2;
  config.model.channel_base = 64;
  config.model.mbstd_group = 4;
  config.loss.r1_interval = 1;
  config.loss.pl_interval = 1;
  config.batch = 4;
  EXPECT_EQ(PredictPeakBytes(config), MeasuredPeak(config));
}

TEST(MemoryPlan, CountsThePenaltyOfFakesAndPairs) {
  for (const AdversarialLoss loss : {AdversarialLoss::kLogistic, AdversarialLoss::kRelativistic}) {
    TrainConfig config = EveryRegularizerConfig();
    config.loss.loss = loss;
    config.loss.r2_gamma = 1;
    EXPECT_EQ(PredictPeakBytes(config), MeasuredPeak(config));
  }
}

TEST(MemoryPlan, CountsAugmentation) {
  TrainConfig config = EveryRegularizerConfig();
  const int64_t without = PredictPeakBytes(config);
  config.augment.aug = AugMode::kFixed;
  config.augment.p = 1;
  const int64_t with = PredictPeakBytes(config);
  EXPECT_GT(with, without);
  EXPECT_EQ(with, MeasuredPeak(config));
  // It begins with p = 0, where nothing is augmented yet.
  config.augment.aug = AugMode::kAda;
  EXPECT_EQ(PredictPeakBytes(config), with);
  config.augment.aug = AugMode::kDiffAug;
  EXPECT_EQ(PredictPeakBytes(config), MeasuredPeak(config));
}

TEST(MemoryPlan, IsThePeakWithoutRegularizers) {
  TrainConfig config = EveryRegularizerConfig();
  config.loss.r1_interval = 0;
  config.loss.pl_weight = 0;
  const int64_t predicted = PredictPeakBytes(config);
  EXPECT_EQ(predicted, MeasuredPeak(config));
  EXPECT_LT(predicted, PredictPeakBytes(EveryRegularizerConfig()));
}

TEST(MemoryPlan, IsThePeakOfMicroBatches) {
  TrainConfig config = EveryRegularizerConfig();
  config.batch = 8;
  config.grad_accum = 2;
  EXPECT_EQ(PredictPeakBytes(config), MeasuredPeak(config));
}

// Feature maps of 16*16*5*22 numbers do not fill whole pages. The CPU rounds blocks of 64 KiB and more to pages, which
// adds up to 4032 bytes, less than a sixteenth of the block.
TEST(MemoryPlan, IsAtMostASixteenthBelowThePeakWhereLargeBlocksAreRounded) {
  TrainConfig config = EveryRegularizerConfig();
  config.model.g_features = 5;
  config.model.d_features = 5;
  config.model.mbstd_group = 2;
  config.batch = 22;
  const int64_t predicted = PredictPeakBytes(config), measured = MeasuredPeak(config);
  EXPECT_LT(predicted, measured);
  EXPECT_LE(measured - predicted, measured / 16);
}

// A rare regularizer counts as much as one in every step, since the run will eventually reach it.
TEST(MemoryPlan, CountsRareRegularizers) {
  TrainConfig config = EveryRegularizerConfig();
  config.loss.r1_interval = 16;
  config.loss.pl_interval = 32;
  config.loss.pl_start = 5000;
  EXPECT_EQ(PredictPeakBytes(config), PredictPeakBytes(EveryRegularizerConfig()));
}

TEST(MemoryPlan, LeavesNothingBehind) {
  const int64_t before = BackendFor(Device::Plan()).Stats().live_bytes;
  const int64_t first = PredictPeakBytes(EveryRegularizerConfig());
  EXPECT_EQ(BackendFor(Device::Plan()).Stats().live_bytes, before);
  EXPECT_EQ(PredictPeakBytes(EveryRegularizerConfig()), first);
}

TEST(MemoryPlan, FindsTheLargestMicroBatchThatFits) {
  TrainConfig config = EveryRegularizerConfig();
  config.batch = 16;
  const auto peak = [&](int grad_accum) {
    TrainConfig split = config;
    split.grad_accum = grad_accum;
    return PredictPeakBytes(split);
  };
  const int64_t whole = peak(1), half = peak(2), quarter = peak(4);
  EXPECT_GT(whole, half);
  EXPECT_GT(half, quarter);
  EXPECT_EQ(LargestMicroBatch(config, whole), 16);
  EXPECT_EQ(LargestMicroBatch(config, whole - 1), 8);
  EXPECT_EQ(LargestMicroBatch(config, half), 8);
  EXPECT_EQ(LargestMicroBatch(config, quarter), 4);
  EXPECT_EQ(LargestMicroBatch(config, quarter - 1), 0);  // groups of four images are compared
}

// The discriminator sees real and generated images as one batch, at full resolution with the fewest channels.
TEST(MemoryPlan, KnowsTheLargestTensor) {
  TrainConfig config = EveryRegularizerConfig();
  EXPECT_EQ(PredictLargestTensor(config), int64_t{2} * 4 * 16 * 16 * 4);
  config.grad_accum = 1;
  config.batch = 8;
  EXPECT_EQ(PredictLargestTensor(config), int64_t{2} * 8 * 16 * 16 * 4);
}

TEST(MemoryPlan, SplitsABatchWhoseTensorsAreTooLargeForAGpu) {
  TrainConfig config = *PresetConfig("official");
  config.model.resolution = 1024;
  config.model.channel_base = 32768;
  config.batch = 32;
  const int64_t elements = PredictLargestTensor(config);
  EXPECT_GE(elements, int64_t{2} * 32 * 1024 * 1024 * 32);
  EXPECT_EQ(CheckTensorsFitGpu(config),
            absl::InvalidArgumentError(absl::StrCat("a micro-batch is 32 images, with which a tensor has ", elements,
                                                    " elements; a GPU takes up to 2147483647; --grad-accum=2 would "
                                                    "do")));
  EXPECT_EQ(LargestMicroBatch(config, std::numeric_limits<int64_t>::max()), 16);
  config.grad_accum = 2;
  EXPECT_TRUE(CheckTensorsFitGpu(config).ok()) << CheckTensorsFitGpu(config);
}

}  // namespace
}  // namespace sg::gan
