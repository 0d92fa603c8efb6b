// DeviceOptions::graphs: work between BeginStep and EndStep gives the same results in one launch as without graphs.
#include <memory>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/kernel_args.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/base/dtype.h"
#include "engine/runtime/devices.h"
#include "engine/runtime/step_scope.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg {
namespace {

using testing::HostTensor;
using testing::KernelRun;
using testing::Normal;
using testing::Precision;

constexpr int64_t kMiB = int64_t{1} << 20, kFloatBytes = sizeof(float);

void SetGraphs(bool graphs, int64_t memory_cap = 0) {
  DeviceOptions options;
  options.graphs = graphs;
  options.memory_cap = memory_cap;
  ConfigureDevice(Device::Cuda(), options);
}

class StepCaptureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << CudaUnavailableReason(0);
    backend_ = CudaBackend(0);
    SetGraphs(true);
  }
  void TearDown() override { ConfigureDevice(Device::Cuda(), {}); }

  // Takes `key` through its first time, in which nothing is captured.
  void Warm(const char* key) const { const StepScope step(backend_->device(), key); }

  Backend* backend_ = nullptr;
};

// A buffer of the backend with a number in each element.
class Numbers {
 public:
  Numbers(Backend& backend, int64_t count) : backend_(backend) {
    view_.shape = {count};
    view_.data = backend.Allocate(static_cast<size_t>(view_.NumBytes()));
  }
  ~Numbers() { backend_.Free(view_.data); }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  const TensorView& view() const { return view_; }
  void Fill(double value) const { backend_.Fill({view_, value}); }
  // this = scale * x + shift
  void SetTo(const Numbers& x, double scale, double shift) const {
    UnaryArgs args;
    args.x = x.view_;
    args.y = view_;
    args.alpha = scale;
    args.beta = shift;
    backend_.Unary(args);
  }
  void Upload(const std::vector<float>& values) const {
    backend_.CopyFromHost(view_.data, values.data(), values.size() * sizeof(float));
  }
  std::vector<float> Read() const {
    std::vector<float> values(static_cast<size_t>(view_.NumElements()));
    backend_.CopyToHost(values.data(), view_.data, values.size() * sizeof(float));
    return values;
  }

 private:
  Backend& backend_;
  TensorView view_;
};

TEST_F(StepCaptureTest, ScalarsAndAddressesChangeFromTimeToTime) {
  const Numbers x(*backend_, 1000);
  x.Fill(1);
  backend_->Synchronize();
  std::vector<std::unique_ptr<Numbers>> results;  // each somewhere else
  for (int time = 0; time < 5; ++time) {
    results.push_back(std::make_unique<Numbers>(*backend_, 1000));
    const Numbers& y = *results.back();
    const CudaCounts before = CudaCountsSoFar();
    {
      const StepScope step(backend_->device(), "changing");
      for (int k = 1; k <= 4; ++k) y.SetTo(k == 1 ? x : y, 1, time * k);
    }
    const CudaCounts after = CudaCountsSoFar();
    const int captured = time > 0;
    EXPECT_EQ(after.launches - before.launches, captured ? 0 : 4);
    EXPECT_EQ(after.captured_launches - before.captured_launches, captured ? 4 : 0);
    EXPECT_EQ(after.graph_launches - before.graph_launches, captured);
    EXPECT_EQ(after.graph_instantiations - before.graph_instantiations, time == 1);
    EXPECT_EQ(after.graph_updates - before.graph_updates, time > 1);
    EXPECT_EQ(after.synchronizations, before.synchronizations);
    EXPECT_EQ(y.Read(), std::vector<float>(1000, 1.0f + 10 * time));
  }
}

// Two kinds of one phase take turns: each has its own executable graph.
TEST_F(StepCaptureTest, KeepsAnExecutableForEachNumberOfNodes) {
  const Numbers x(*backend_, 100), y(*backend_, 100);
  x.Fill(1);
  const auto run = [&](int kernels) {
    {
      const StepScope step(backend_->device(), "alternating");
      for (int k = 0; k < kernels; ++k) y.SetTo(k == 0 ? x : y, 2, 0);
    }
    EXPECT_EQ(y.Read()[99], 1 << kernels);
  };
  run(1);
  run(1);
  run(2);
  const CudaCounts before = CudaCountsSoFar();
  for (int i = 0; i < 6; ++i) run(1 + i % 2);
  EXPECT_EQ(CudaCountsSoFar().graph_instantiations, before.graph_instantiations);
  EXPECT_EQ(CudaCountsSoFar().graph_updates, before.graph_updates + 6);
  // One that was crowded out is made again.
  for (int kernels = 3; kernels <= 7; ++kernels) run(kernels);
  run(1);
  EXPECT_EQ(CudaCountsSoFar().graph_instantiations, before.graph_instantiations + 6);
}

// A copy where there was a kernel: as many nodes, and no update. The last kernel joins the launch of the one before.
TEST_F(StepCaptureTest, IsMadeAnewWhereNodesChangeTheirKind) {
  const Numbers x(*backend_, 100), y(*backend_, 100);
  const std::vector<float> fours(100, 4.0f);
  Warm("kinds");
  for (int i = 0; i < 4; ++i) {
    x.Fill(3);
    const CudaCounts before = CudaCountsSoFar();
    {
      const StepScope step(backend_->device(), "kinds");
      if (i % 2 == 0) {
        x.SetTo(x, 1, 0);
        x.SetTo(x, 1, 0);
      } else {
        x.Upload(fours);
      }
      y.SetTo(x, 1, 0);
    }
    EXPECT_EQ(CudaCountsSoFar().graph_instantiations, before.graph_instantiations + 1);
    EXPECT_EQ(y.Read()[50], i % 2 == 0 ? 3 : 4);
  }
}

TEST_F(StepCaptureTest, ConvolutionsAndProductsAreCaptured) {
  const HostTensor x = Normal({2, 8, 8, 16}, DType::kF32, 1), w = Normal({16, 3, 3, 16}, DType::kF32, 2);
  const HostTensor a = Normal({2, 5, 7}, DType::kF32, 3), b = Normal({2, 7, 3}, DType::kF32, 4);
  const ConvGeometry geometry = ConvGeometry::Padded(1);
  std::vector<HostTensor> first;
  for (int time = 0; time < 3; ++time) {
    KernelRun run(Device::Cuda(), Precision::kAsGiven);
    const TensorView x_view = run.Input(x), w_view = run.Input(w), y = run.Output(x.shape, DType::kF32);
    const TensorView a_view = run.Input(a), b_view = run.Input(b), c = run.Output({2, 5, 3}, DType::kF32);
    const CudaCounts before = CudaCountsSoFar();
    {
      const StepScope step(run.backend().device(), "library");
      run.backend().Conv2d({x_view, w_view, y, geometry});
      run.backend().MatMul({a_view, b_view, c});
    }
    EXPECT_EQ(CudaCountsSoFar().captured_library_calls - before.captured_library_calls, time > 0 ? 2 : 0);
    const std::vector<HostTensor> results = run.ReadOutputs();
    if (time == 0) first = results;
    for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].values, first[i].values);
  }
}

// Handles, plans and tables of a geometry are not made during a capture.
TEST_F(StepCaptureTest, WhatIsNewInterruptsACapture) {
  const HostTensor x = Normal({1, 9, 11, 16}, DType::kF32, 1), w = Normal({16, 3, 3, 16}, DType::kF32, 2);
  const ConvGeometry geometry = ConvGeometry::Padded(1);
  Warm("new geometry");
  for (int time = 0; time < 2; ++time) {
    KernelRun run(Device::Cuda(), Precision::kAsGiven);
    const TensorView x_view = run.Input(x), w_view = run.Input(w), y = run.Output(x.shape, DType::kF32);
    const CudaCounts before = CudaCountsSoFar();
    {
      const StepScope step(run.backend().device(), "new geometry");
      run.backend().Fill({y, 0});
      run.backend().Conv2d({x_view, w_view, y, geometry});
    }
    const CudaCounts after = CudaCountsSoFar();
    EXPECT_EQ(after.captured_launches - before.captured_launches, 1);
    EXPECT_EQ(after.captured_library_calls - before.captured_library_calls, time);
    EXPECT_EQ(after.graph_launches - before.graph_launches, 1);
  }
}

// More of them than the staging ring has slots: 256 small ones, 4 large ones.
TEST_F(StepCaptureTest, UploadsArriveInOrder) {
  for (const auto& [uploads, count] : {std::pair<int, int64_t>{600, 1000}, {10, 300000}}) {
    const Numbers x(*backend_, count), sum(*backend_, count);
    Warm("uploads");
    for (int time = 1; time <= 2; ++time) {
      {
        const StepScope step(backend_->device(), "uploads");
        sum.Fill(0);
        for (int i = 1; i <= uploads; ++i) {
          x.Upload(std::vector<float>(static_cast<size_t>(count), static_cast<float>(i * time)));
          BinaryArgs args;
          args.a = sum.view();
          args.b = x.view();
          args.y = sum.view();
          args.fn = BinaryFn::kAdd;
          args.alpha = args.beta = 1;
          backend_->Binary(args);
        }
      }
      const std::vector<float> got = sum.Read();
      const float want = static_cast<float>(uploads * (uploads + 1) / 2 * time);
      EXPECT_EQ(got.front(), want);
      EXPECT_EQ(got.back(), want);
    }
  }
}

// The pool asks the driver for a segment without an end of the capture.
TEST_F(StepCaptureTest, ThePoolMayGrow) {
  const Numbers y(*backend_, 100);
  Warm("growing");
  const MemoryStats stats = backend_->Stats();
  const CudaCounts before = CudaCountsSoFar();
  {
    const StepScope step(backend_->device(), "growing");
    const Numbers large(*backend_, (stats.reserved_bytes + kMiB) / kFloatBytes);  // more than any block
    const Numbers small(*backend_, 100);
    small.Fill(5);
    y.SetTo(small, 1, 0);
  }
  EXPECT_GT(backend_->Stats().system_allocations, stats.system_allocations);
  EXPECT_EQ(CudaCountsSoFar().synchronizations, before.synchronizations);
  EXPECT_EQ(CudaCountsSoFar().graph_launches, before.graph_launches + 1);
  EXPECT_EQ(y.Read()[0], 5);
}

// Segments can only be given back once the kernels that may use them have run.
TEST_F(StepCaptureTest, OutOfMemoryInterruptsACapture) {
  const Numbers x(*backend_, 100), y(*backend_, 100);
  Warm("full");
  // A segment that nobody uses; what is asked for below is larger, and there is room for it once that segment is gone.
  const int64_t unused = backend_->Stats().reserved_bytes + 16 * kMiB, larger = unused + 2 * kMiB;
  backend_->Free(backend_->Allocate(static_cast<size_t>(unused)));
  SetGraphs(true, backend_->Stats().reserved_bytes + 4 * kMiB);
  const CudaCounts before = CudaCountsSoFar();
  {
    const StepScope step(backend_->device(), "full");
    {
      const Numbers scratch(*backend_, unused / kFloatBytes);  // of that segment
      TensorView corner = scratch.view();
      corner.shape = {100};
      backend_->Fill({corner, 7});
      UnaryArgs copy;
      copy.x = corner;
      copy.y = x.view();
      copy.alpha = 1;
      backend_->Unary(copy);
    }
    const Numbers large(*backend_, larger / kFloatBytes);
    y.SetTo(x, 2, 0);
  }
  const CudaCounts after = CudaCountsSoFar();
  EXPECT_EQ(after.graph_launches, before.graph_launches + 1);
  EXPECT_EQ(after.captured_launches, before.captured_launches + 1);
  EXPECT_EQ(after.launches, before.launches + 1);
  EXPECT_GT(after.synchronizations, before.synchronizations);
  EXPECT_EQ(y.Read()[0], 14);
}

class StepCaptureDeathTest : public StepCaptureTest {
 protected:
  // A process of its own: a fork cannot use the GPU.
  StepCaptureDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(StepCaptureDeathTest, NothingMayWaitWithinAGraph) {
  const Numbers x(*backend_, 10);
  for (int time = 0; time < 2; ++time) {  // also the first time, in which nothing is captured
    EXPECT_DEATH(
        {
          const StepScope step(backend_->device(), "waiting");
          x.Read();
        },
        "CopyToHost between BeginStep..waiting.. and EndStep");
    EXPECT_DEATH(
        {
          const StepScope step(backend_->device(), "waiting");
          backend_->Synchronize();
        },
        "Synchronize between BeginStep..waiting.. and EndStep");
    EXPECT_DEATH(
        {
          const StepScope outer(backend_->device(), "waiting");
          const StepScope inner(backend_->device(), "inner");
        },
        "BeginStep..inner.. before the EndStep of .waiting");
    Warm("waiting");
  }
}

TEST_F(StepCaptureDeathTest, NeedsThePool) {
  EXPECT_DEATH(
      {
        ReleaseCudaBackends();
        DeviceOptions options;
        options.graphs = true;
        options.cache_memory = false;
        ConfigureDevice(Device::Cuda(), options);
        const StepScope step(Device::Cuda(), "uncached");
      },
      "without DeviceOptions::cache_memory");
}

TEST_F(StepCaptureTest, WithoutTheOptionNothingChanges) {
  SetGraphs(false);
  const Numbers x(*backend_, 10);
  const CudaCounts before = CudaCountsSoFar();
  for (int time = 0; time < 2; ++time) {
    const StepScope step(backend_->device(), "off");
    x.Fill(time);
    EXPECT_EQ(x.Read()[0], time);
  }
  EXPECT_EQ(CudaCountsSoFar().launches, before.launches + 2);
  EXPECT_EQ(CudaCountsSoFar().graph_launches, before.graph_launches);
}

}  // namespace
}  // namespace sg
