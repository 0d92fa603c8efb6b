// What a training step asks of the GPU: kernels and calls of libraries. Every bound is the present value.
#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/runtime/backend_for.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace fake_cuda {
namespace {

using sg::CudaCounts;
using sg::CudaCountsSoFar;
using sg::Device;
using sg::gan::StepScalar;
using sg::gan::TrainConfig;
using sg::gan::Trainer;

// The annotated model at 64x64 with a sixteenth of its channels. The full one takes 4 launches and 2 calls more: some
// of its sums have two stages, and its last product is deep enough for cuBLAS.
TrainConfig NarrowConfig(double mixing_prob) {
  TrainConfig config = *sg::gan::PresetConfig("annotated");
  config.model.latent_dim /= 16;
  config.model.g_features /= 16;
  config.model.d_features /= 16;
  config.model.max_features /= 16;
  config.loss.mixing_prob = mixing_prob;
  config.batch = 8;
  return config;
}

// Kernels and calls of a step without regularizers, after one that fills the caches.
CudaCounts CountsOfAStep(double mixing_prob) {
  const TrainConfig config = NarrowConfig(mixing_prob);
  EXPECT_EQ(config.model.resolution, 64);
  Trainer trainer(config, Device::Cuda());
  sg::Backend& backend = sg::BackendFor(Device::Cuda());
  const sg::gan::Batch images = sg::gan::UniformBatch(config, 100);
  trainer.Step(images);
  backend.Synchronize();
  const CudaCounts before = CudaCountsSoFar();
  trainer.Step(images);
  backend.Synchronize();
  const CudaCounts after = CudaCountsSoFar();
  CudaCounts counts;
  counts.launches = after.launches - before.launches;
  counts.library_calls = after.library_calls - before.library_calls;
  counts.synchronizations = after.synchronizations - before.synchronizations;
  return counts;
}

TEST(TrainingLaunchesTest, OfAStepWithoutRegularizers) {
  const CudaCounts counts = CountsOfAStep(/*mixing_prob=*/0);
  EXPECT_EQ(counts.synchronizations, 1) << "the test's own";
  EXPECT_EQ(counts.library_calls, 125) << "the convolutions";
  EXPECT_LE(counts.launches, 283);
}

TEST(TrainingLaunchesTest, MixingLatentsTakesFewMore) {
  const CudaCounts counts = CountsOfAStep(/*mixing_prob=*/1);
  EXPECT_EQ(counts.library_calls, 125);
  EXPECT_LE(counts.launches, 290);
}

}  // namespace
}  // namespace fake_cuda
