// Training steps whose phases are CUDA graphs: the bits of training without, one launch per phase, no wait.
#include <memory>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gan/config/config.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/gan/train/small_run.h"

namespace fake_cuda {
namespace {

using sg::CudaCounts;
using sg::CudaCountsSoFar;
using sg::Device;
using sg::gan::SmallBatch;
using sg::gan::StepScalar;
using sg::gan::TrainConfig;
using sg::gan::Trainer;

void SetGraphs(bool graphs) {
  sg::DeviceOptions options;
  options.graphs = graphs;
  sg::ConfigureDevice(Device::Cuda(), options);
}

// So small that a step takes a tenth of a second.
TrainConfig TinyConfig() {
  TrainConfig config;
  config.model.resolution = 8;
  config.model.latent_dim = 8;
  config.model.mapping_layers = 2;
  config.model.g_features = config.model.d_features = 4;
  config.model.max_features = 8;
  config.batch = 4;
  config.loss.r1_interval = 2;
  config.loss.pl_interval = 3;
  config.loss.pl_start = -1;
  config.optimizer.mapping_lr = 1e-3;
  return config;
}

// A GPU whose memory others have taken, but for scraps: what is needed from now on is asked of the driver.
class FullPool {
 public:
  FullPool() : backend_(sg::BackendFor(Device::Cuda())) {
    constexpr size_t kScrap = 4096;
    const int64_t segments = backend_.Stats().system_allocations;
    while (backend_.Stats().system_allocations == segments) blocks_.push_back(backend_.Allocate(kScrap));
    // The rest of the segment that the last scrap was cut from.
    backend_.Free(blocks_.back());
    blocks_.back() = backend_.Allocate(size_t{64} << 20);
    // One scrap is left, for the images, which are uploaded before the graph.
    backend_.Free(blocks_.front());
    blocks_.erase(blocks_.begin());
  }
  ~FullPool() {
    for (void* block : blocks_) backend_.Free(block);
  }
  FullPool(const FullPool&) = delete;
  FullPool& operator=(const FullPool&) = delete;

 private:
  sg::Backend& backend_;
  std::vector<void*> blocks_;
};

struct Trained {
  std::vector<float> scalars;             // of all steps
  std::vector<std::vector<float>> state;  // at the end
};

// `full_before` >= 0: the pool is full when that step begins.
Trained Train(const TrainConfig& config, bool graphs, int steps, int full_before = -1) {
  SetGraphs(graphs);
  Trained trained;
  std::unique_ptr<FullPool> full;
  Trainer trainer(config, Device::Cuda());
  for (int step = 0; step < steps; ++step) {
    if (step == full_before) full = std::make_unique<FullPool>();
    for (const StepScalar& scalar : trainer.Step(SmallBatch(config, step))) {
      trained.scalars.push_back(static_cast<float>(scalar.value.Item()));
    }
  }
  for (const sg::nn::NamedTensor& t : trainer.State()) trained.state.push_back(t.tensor.ToHost<float>());
  return trained;
}

class TrainingGraphsTest : public ::testing::Test {
 protected:
  // Without executables of other tests, and without what the pool has left of them.
  void SetUp() override { sg::ReleaseCudaBackends(); }
  void TearDown() override { SetGraphs(false); }
};

// Both regularizers alone and together, every kind of mixing, and all the phases more than three times.
TEST_F(TrainingGraphsTest, HaveTheBitsOfTrainingWithout) {
  constexpr int kSteps = 14;
  const TrainConfig config = TinyConfig();
  const Trained want = Train(config, /*graphs=*/false, kSteps);
  const CudaCounts before = CudaCountsSoFar();
  const Trained got = Train(config, /*graphs=*/true, kSteps);
  const CudaCounts after = CudaCountsSoFar();
  EXPECT_EQ(got.scalars, want.scalars);
  EXPECT_EQ(got.state, want.state);
  // Two phases in every step; each of the four kinds is not captured the first time.
  EXPECT_EQ(after.graph_launches - before.graph_launches, 2 * kSteps - 4);
  EXPECT_EQ(after.graph_updates - before.graph_updates + after.graph_instantiations - before.graph_instantiations,
            after.graph_launches - before.graph_launches);
  EXPECT_GT(after.graph_updates, before.graph_updates);
}

TEST_F(TrainingGraphsTest, HaveTheBitsOfTrainingWithoutInParts) {
  constexpr int kSteps = 7;
  TrainConfig config = TinyConfig();
  config.grad_accum = 2;
  config.model.mbstd_group = 2;
  const Trained want = Train(config, /*graphs=*/false, kSteps), got = Train(config, /*graphs=*/true, kSteps);
  EXPECT_EQ(got.scalars, want.scalars);
  EXPECT_EQ(got.state, want.state);
}

TEST_F(TrainingGraphsTest, HaveTheSameBitsWhileThePoolGrows) {
  constexpr int kSteps = 8, kFullBefore = 6;
  const TrainConfig config = TinyConfig();
  const Trained want = Train(config, /*graphs=*/false, kSteps);
  sg::ReleaseCudaBackends();
  const int64_t mallocs = CallCount("cudaMalloc"), frees = CallCount("cudaFree");
  const Trained got = Train(config, /*graphs=*/true, kSteps, kFullBefore);
  EXPECT_GE(CallCount("cudaMalloc"), mallocs + 3) << "the first segment, the one that fills the pool, one in a graph";
  EXPECT_EQ(CallCount("cudaFree"), frees);
  EXPECT_EQ(got.scalars, want.scalars);
  EXPECT_EQ(got.state, want.state);
}

// Without mixing a phase has the same nodes every time.
TEST_F(TrainingGraphsTest, AreUpdatedAndLaunchedOncePerPhase) {
  SetGraphs(true);
  TrainConfig config = TinyConfig();
  config.loss.mixing_prob = 0;
  Trainer trainer(config, Device::Cuda());
  const sg::gan::Batch images = SmallBatch(config, 0);
  std::vector<StepScalar> scalars;
  for (int time = 0; time < 4; ++time) {
    for (bool regularized : {false, true}) {
      const CudaCounts before = CudaCountsSoFar();
      trainer.StepDiscriminator(images, regularized, &scalars);
      trainer.StepGenerator(regularized, &scalars);
      const CudaCounts after = CudaCountsSoFar();
      const int64_t graphs = after.graph_launches - before.graph_launches;
      EXPECT_EQ(graphs, time == 0 ? 0 : 2);
      // The second path length is the first whose derivative is taken: new geometries interrupt its capture, and what
      // was captured of it is launched only once.
      const bool updated = time >= (regularized ? 3 : 2);
      if (updated) {
        EXPECT_EQ(after.graph_updates - before.graph_updates, graphs);
        EXPECT_EQ(after.graph_instantiations, before.graph_instantiations);
        EXPECT_EQ(after.launches + after.library_calls, before.launches + before.library_calls);
        EXPECT_GT(after.captured_launches, before.captured_launches + 20);
        EXPECT_GT(after.captured_library_calls, before.captured_library_calls + 10);
        EXPECT_EQ(after.synchronizations, before.synchronizations);
      }
      scalars.clear();
    }
  }
}

// Of a whole step without regularizers, the averages and the upload of the images stay outside.
TEST_F(TrainingGraphsTest, LeaveTheAveragesToTheStream) {
  SetGraphs(true);
  TrainConfig config = TinyConfig();
  config.loss.mixing_prob = 0;
  config.loss.r1_interval = 0;
  config.loss.pl_weight = 0;
  Trainer trainer(config, Device::Cuda());
  for (int step = 0; step < 3; ++step) trainer.Step(SmallBatch(config, step));
  const CudaCounts before = CudaCountsSoFar();
  const Counters on_gpu_before = ReadCounters();
  trainer.Step(SmallBatch(config, 3));
  const CudaCounts after = CudaCountsSoFar();
  const Counters on_gpu = ReadCounters();
  EXPECT_EQ(after.graph_launches - before.graph_launches, 2);
  EXPECT_EQ(after.graph_updates - before.graph_updates, 2);
  EXPECT_LE(after.launches - before.launches, 1);
  EXPECT_EQ(after.library_calls, before.library_calls);
  EXPECT_LE(after.copies - before.copies, 2);  // the images, and the averages' table of tensors
  EXPECT_EQ(after.synchronizations, before.synchronizations);
  // What the GPU ran is what was counted.
  EXPECT_EQ(on_gpu.launches - on_gpu_before.launches,
            after.launches - before.launches + after.captured_launches - before.captured_launches);
  EXPECT_EQ(on_gpu.library_launches - on_gpu_before.library_launches,
            after.captured_library_calls - before.captured_library_calls);
  EXPECT_EQ(on_gpu.copies + on_gpu.memsets - on_gpu_before.copies - on_gpu_before.memsets,
            after.copies - before.copies + after.captured_copies - before.captured_copies);
  EXPECT_EQ(on_gpu.graph_launches - on_gpu_before.graph_launches, 2);
  EXPECT_EQ(on_gpu.synchronizations, on_gpu_before.synchronizations);
}

}  // namespace
}  // namespace fake_cuda
