// Whole training steps on the stand-in: the same numbers as on the CPU, few launches, no wait.
#include <cmath>
#include <vector>

#include "engine/base/device.h"
#include "gan/config/config.h"
#include "gan/train/schedule.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/gan/train/small_run.h"

namespace fake_cuda {
namespace {

using sg::Device;
using sg::gan::AdversarialLoss;
using sg::gan::SmallBatch;
using sg::gan::StepScalar;
using sg::gan::TrainConfig;
using sg::gan::Trainer;

TrainConfig NarrowConfig(int resolution) {
  TrainConfig config;
  config.model.resolution = resolution;
  config.model.latent_dim = 8;
  config.model.g_features = config.model.d_features = 4;
  config.model.max_features = 8;
  config.batch = 4;
  return config;
}

// The annotated model at 64x64 with few channels: the number of launches is that of the full one.
TrainConfig AnnotatedConfig() { return NarrowConfig(64); }

// Three steps with both regularizers, which report so many scalars.
void ExpectAgreementWithTheCpu(TrainConfig config, size_t scalars) {
  constexpr double kTolerance = 1e-4;
  config.model.mapping_layers = 2;
  config.loss.loss = AdversarialLoss::kLogistic;          // smooth: no score is beyond a hinge on one device only
  config.loss.r1_interval = config.loss.pl_interval = 1;  // both in every step
  config.loss.pl_start = -1;
  config.optimizer.mapping_lr = 1e-4;
  Trainer gpu(config, Device::Cuda()), cpu(config, Device::Cpu());
  for (int step = 0; step < 3; ++step) {
    const std::vector<StepScalar> got = gpu.Step(SmallBatch(config, step)), want = cpu.Step(SmallBatch(config, step));
    ASSERT_EQ(got.size(), want.size());
    EXPECT_EQ(want.size(), scalars);
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_STREQ(got[i].name, want[i].name);
      EXPECT_NEAR(got[i].value.Item(), want[i].value.Item(), kTolerance * (1 + std::fabs(want[i].value.Item())))
          << want[i].name << " of step " << step;
    }
  }
  const std::vector<sg::nn::NamedTensor> got = gpu.State(), want = cpu.State();
  ASSERT_EQ(got.size(), want.size());
  for (size_t t = 0; t < want.size(); ++t) {
    const std::vector<float> x = got[t].tensor.ToHost<float>(), y = want[t].tensor.ToHost<float>();
    ASSERT_EQ(x.size(), y.size());
    double error = 0, norm = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      error += (x[i] - y[i]) * (x[i] - y[i]);
      norm += y[i] * y[i];
    }
    EXPECT_LE(std::sqrt(error), kTolerance * std::sqrt(norm)) << want[t].name;
  }
}

TEST(TrainingStepTest, AgreesWithTheCpu) { ExpectAgreementWithTheCpu(NarrowConfig(8), 9); }

// With the sign of the real scores, and p.
TEST(TrainingStepTest, AgreesWithTheCpuOnAugmentedImages) {
  TrainConfig config = NarrowConfig(32);
  config.augment.aug = sg::gan::AugMode::kFixed;
  config.augment.p = 0.7;
  config.augment.pipe = sg::gan::AugPipe::kBgcfnc;
  config.augment.exact_blits = true;  // some images then go through the filters, some are copied
  ExpectAgreementWithTheCpu(config, 11);
}

TEST(TrainingStepTest, NeverWaitsForTheGpu) {
  const TrainConfig config = AnnotatedConfig();
  Trainer trainer(config, Device::Cuda());
  const sg::gan::Batch images = SmallBatch(config, 0);
  std::vector<StepScalar> scalars;
  for (int warm_up = 0; warm_up < 2; ++warm_up) {  // which fills the pool and the caches
    const int64_t before = ReadCounters().synchronizations;
    trainer.StepDiscriminator(images, /*r1=*/true, &scalars);
    trainer.StepGenerator(/*path_length=*/true, &scalars);
    scalars.clear();
    if (warm_up == 1) {
      EXPECT_EQ(ReadCounters().synchronizations, before);
    }
  }
}

TEST(TrainingStepTest, LaunchesFewKernels) {
  // What a step takes with one kernel per operation; fusion would have to bring it to the 450 that are wanted.
  constexpr int64_t kMostLaunches = 1100;
  // The batch of images, and the tables of tensors that the optimizer and the averages work through.
  constexpr int64_t kMostCopies = 10;
  const TrainConfig config = AnnotatedConfig();
  Trainer trainer(config, Device::Cuda());
  const sg::gan::Batch images = SmallBatch(config, 0);
  trainer.Step(images);  // without regularizers, as the next one
  ASSERT_FALSE(sg::gan::AppliesGradientPenalty(config.loss, 1));
  ASSERT_FALSE(sg::gan::AppliesPathLength(config.loss, 1));
  const Counters before = ReadCounters();
  trainer.Step(images);
  const Counters after = ReadCounters();
  const int64_t ours = after.launches - before.launches, theirs = after.library_launches - before.library_launches;
  RecordProperty("launches", static_cast<int>(ours));
  RecordProperty("library_launches", static_cast<int>(theirs));
  EXPECT_LE(ours + theirs, kMostLaunches) << ours << " kernels of ours, " << theirs << " of cuDNN and cuBLAS";
  EXPECT_GT(theirs, 50);
  EXPECT_LE(after.copies - before.copies, kMostCopies);
}

}  // namespace
}  // namespace fake_cuda
