// The stand-in's stream capture and graphs: what runs when, what an update takes, and what a capture refuses.
#include <cublas_v2.h>

#include <functional>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/device_array.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/fake_cuda/stand_in/handles.h"
#include "tests/fake_cuda/stand_in/test_kernels.h"

namespace fake_cuda {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

using Record = std::function<void(cudaStream_t)>;

class Graph {
 public:
  // What `record` asks of `stream`.
  Graph(cudaStream_t stream, const Record& record) {
    EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaSuccess);
    record(stream);
    EXPECT_EQ(cudaStreamEndCapture(stream, &graph_), cudaSuccess);
  }
  ~Graph() { EXPECT_EQ(cudaGraphDestroy(graph_), cudaSuccess); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  operator cudaGraph_t() const { return graph_; }  // NOLINT: as in calls of the API
  size_t Nodes() const {
    size_t count = 0;
    EXPECT_EQ(cudaGraphGetNodes(graph_, nullptr, &count), cudaSuccess);
    return count;
  }

 private:
  cudaGraph_t graph_ = nullptr;
};

class Executable {
 public:
  explicit Executable(cudaGraph_t graph) { EXPECT_EQ(cudaGraphInstantiate(&executable_, graph, 0), cudaSuccess); }
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;
  ~Executable() { EXPECT_EQ(cudaGraphExecDestroy(executable_), cudaSuccess); }
  operator cudaGraphExec_t() const { return executable_; }  // NOLINT
  cudaGraphExecUpdateResult Update(cudaGraph_t graph) const {
    cudaGraphExecUpdateResultInfo info;
    const cudaError_t error = cudaGraphExecUpdate(executable_, graph, &info);
    EXPECT_EQ(error, info.result == cudaGraphExecUpdateSuccess ? cudaSuccess : cudaErrorGraphExecUpdateFailure);
    EXPECT_EQ(cudaGetLastError(), error);
    return info.result;
  }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

class GraphTest : public ::testing::Test {
 protected:
  std::vector<float> Read(const DeviceArray<float>& array) const {
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    return array.Read();
  }

  const Stream stream_;
  const DeviceArray<float> x_{std::vector<float>{1, 2}}, y_{2}, z_{2};
};

TEST_F(GraphTest, RunsWhatWasCapturedWhenItIsLaunched) {
  const Counters before = ReadCounters();
  const Graph graph(stream_, [&](cudaStream_t stream) {
    Double(x_.data(), y_.data(), 2, stream);
    cudaMemcpyAsync(z_.data(), y_.data(), 8, cudaMemcpyDeviceToDevice, stream);
    Double(z_.data(), y_.data(), 2, stream);
  });
  EXPECT_EQ(graph.Nodes(), 3u);
  EXPECT_EQ(ReadCounters().launches, before.launches);
  EXPECT_NE(Read(y_)[0], 4);
  const Executable executable(graph);
  for (int64_t launched = 1; launched <= 2; ++launched) {
    ASSERT_EQ(cudaGraphLaunch(executable, stream_), cudaSuccess);
    const Counters after = ReadCounters();
    EXPECT_EQ(after.graph_launches - before.graph_launches, launched);
    EXPECT_EQ(after.launches - before.launches, 2 * launched);
    EXPECT_THAT(Read(y_), ElementsAre(4, 8));
  }
}

TEST_F(GraphTest, CapturesLibraryCalls) {
  cublasHandle_t handle = nullptr;
  const DeviceArray<float> workspace(1024);
  cublasCreate(&handle);
  cublasSetStream(handle, stream_);
  cublasSetWorkspace(handle, workspace.data(), workspace.bytes());
  const float one = 1, zero = 0;
  const int64_t before = ReadCounters().library_launches;
  {
    const Graph graph(stream_, [&](cudaStream_t) {
      EXPECT_EQ(cublasGemmStridedBatchedEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 1, 1, &one, x_.data(), CUDA_R_32F, 2, 0,
                                           x_.data(), CUDA_R_32F, 1, 0, &zero, y_.data(), CUDA_R_32F, 2, 0, 1,
                                           CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                CUBLAS_STATUS_SUCCESS);
    });
    EXPECT_EQ(ReadCounters().library_launches, before);
    const Executable executable(graph);
    cudaGraphLaunch(executable, stream_);
  }
  EXPECT_EQ(ReadCounters().library_launches, before + 1);
  EXPECT_THAT(Read(y_), ElementsAre(1, 2));
  cublasDestroy(handle);
}

TEST_F(GraphTest, AnUpdateChangesArgumentsAndNothingElse) {
  const auto graph_of = [&](const Record& record) { return Graph(stream_, record); };
  const Graph graph = graph_of([&](cudaStream_t s) {
    Double(x_.data(), y_.data(), 2, s);
    cudaMemsetAsync(z_.data(), 0, 8, s);
  });
  const Executable executable(graph);
  const Graph other_arguments = graph_of([&](cudaStream_t s) {
    Double(x_.data(), z_.data(), 1, s);
    cudaMemsetAsync(y_.data(), 0, 8, s);
  });
  const Graph shorter = graph_of([&](cudaStream_t s) { Double(x_.data(), y_.data(), 2, s); });
  const Graph other_order = graph_of([&](cudaStream_t s) {
    cudaMemsetAsync(z_.data(), 0, 8, s);
    Double(x_.data(), y_.data(), 2, s);
  });
  const Graph other_kernel = graph_of([&](cudaStream_t s) {
    CopyPack(x_.data(), y_.data(), s);
    cudaMemsetAsync(z_.data(), 0, 8, s);
  });
  EXPECT_EQ(executable.Update(shorter), cudaGraphExecUpdateErrorTopologyChanged);
  EXPECT_EQ(executable.Update(other_order), cudaGraphExecUpdateErrorNodeTypeChanged);
  EXPECT_EQ(executable.Update(other_kernel), cudaGraphExecUpdateErrorUnsupportedFunctionChange);
  cudaGraphLaunch(executable, stream_);  // as it was
  EXPECT_THAT(Read(y_), ElementsAre(2, 4));
  EXPECT_EQ(executable.Update(other_arguments), cudaGraphExecUpdateSuccess);
  cudaGraphLaunch(executable, stream_);
  EXPECT_THAT(Read(y_), ElementsAre(0, 0));
  EXPECT_THAT(Read(z_), ElementsAre(2, 0));
}

struct Refused {
  const char* name;
  std::function<cudaError_t()> call;
  cudaError_t relaxed, global;  // what it returns during a capture of each mode
};

TEST_F(GraphTest, RefusesWhatACaptureCannotHave) {
  const Stream other;
  const Event outside, inside;
  const DeviceArray<float> freed(1);
  const Pinned pinned(1);
  std::vector<float> pageable(2);
  void* data = nullptr;
  cudaEventRecord(outside, other);
  constexpr cudaError_t kUnsupported = cudaErrorStreamCaptureUnsupported;
  const std::vector<Refused> calls = {
      {"cudaStreamSynchronize", [&] { return cudaStreamSynchronize(stream_); }, kUnsupported, kUnsupported},
      {"cudaFree", [&] { return cudaFree(freed.data()); }, kUnsupported, kUnsupported},
      {"cudaFreeHost", [&] { return cudaFreeHost(pinned.data()); }, kUnsupported, kUnsupported},
      {"a pageable copy",
       [&] { return cudaMemcpyAsync(x_.data(), pageable.data(), 8, cudaMemcpyHostToDevice, stream_); }, kUnsupported,
       kUnsupported},
      {"a wait for work outside", [&] { return cudaStreamWaitEvent(stream_, outside, 0); },
       cudaErrorStreamCaptureIsolation, cudaErrorStreamCaptureIsolation},
      {"cudaEventQuery of a captured event",
       [&] {
         cudaEventRecord(inside, stream_);
         return cudaEventQuery(inside);
       },
       cudaErrorCapturedEvent, cudaErrorCapturedEvent},
      {"cudaEventSynchronize of a captured event",
       [&] {
         cudaEventRecord(inside, stream_);
         return cudaEventSynchronize(inside);
       },
       cudaErrorCapturedEvent, cudaErrorCapturedEvent},
      {"cudaMalloc", [&] { return cudaMalloc(&data, 4); }, cudaSuccess, kUnsupported},
      {"cudaEventQuery", [&] { return cudaEventQuery(outside); }, cudaSuccess, kUnsupported},
      {"cudaEventSynchronize", [&] { return cudaEventSynchronize(outside); }, cudaSuccess, kUnsupported},
      {"cudaStreamSynchronize of another", [&] { return cudaStreamSynchronize(other); }, cudaSuccess, kUnsupported},
  };
  for (bool relaxed : {true, false}) {
    for (const Refused& refused : calls) {
      SCOPED_TRACE(refused.name);
      const cudaError_t expected = relaxed ? refused.relaxed : refused.global;
      cudaStreamBeginCapture(stream_, relaxed ? cudaStreamCaptureModeRelaxed : cudaStreamCaptureModeGlobal);
      EXPECT_EQ(refused.call(), expected);
      EXPECT_EQ(cudaGetLastError(), expected);
      cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
      cudaStreamIsCapturing(stream_, &status);
      EXPECT_EQ(status, expected == cudaSuccess ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusInvalidated);
      if (expected != cudaSuccess) {  // and so is everything else, until the end
        Double(x_.data(), y_.data(), 2, stream_);
        EXPECT_EQ(cudaGetLastError(), cudaErrorStreamCaptureInvalidated);
      }
      cudaGraph_t graph = nullptr;
      EXPECT_EQ(cudaStreamEndCapture(stream_, &graph),
                expected == cudaSuccess ? cudaSuccess : cudaErrorStreamCaptureInvalidated);
      EXPECT_EQ(graph == nullptr, expected != cudaSuccess);
      if (graph != nullptr) cudaGraphDestroy(graph);
      cudaGetLastError();
      cudaStreamIsCapturing(stream_, &status);
      EXPECT_EQ(status, cudaStreamCaptureStatusNone);
      if (data != nullptr) cudaFree(data);
      data = nullptr;
    }
  }
}

TEST_F(GraphTest, TheLegacyStreamConflictsWithTheCaptureOfABlockingStream) {
  const Stream blocking(cudaStreamDefault);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeRelaxed), cudaErrorStreamCaptureUnsupported);
  cudaStreamBeginCapture(blocking, cudaStreamCaptureModeRelaxed);
  EXPECT_EQ(cudaMemsetAsync(y_.data(), 0, 8, nullptr), cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(cudaStreamEndCapture(blocking, &graph), cudaErrorStreamCaptureInvalidated);
  const Graph unaffected(stream_,
                         [&](cudaStream_t) { EXPECT_EQ(cudaMemsetAsync(y_.data(), 0, 8, nullptr), cudaSuccess); });
  EXPECT_EQ(unaffected.Nodes(), 0u);
  cudaGetLastError();
}

TEST_F(GraphTest, CapturesBeginAndEndInPairs) {
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorIllegalState);
  cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  EXPECT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaErrorIllegalState);
  void* data = nullptr;
  std::thread([&] {
    EXPECT_EQ(cudaMalloc(&data, 4), cudaSuccess) << "unsafe calls of other threads are their own affair";
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureWrongThread);
  }).join();
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  EXPECT_THAT(Leaks(), Contains("1 cudaGraph_t"));
  cudaGraphDestroy(graph);
  cudaFree(data);
  cudaGetLastError();
}

TEST_F(GraphTest, MemoryMustLiveAndStayUntilTheLaunch) {
  float* freed = nullptr;
  cudaMalloc(reinterpret_cast<void**>(&freed), 8);
  const Pinned pinned(2);
  pinned.data()[0] = 5;
  const Graph uses_freed(stream_, [&](cudaStream_t s) { Double(x_.data(), freed, 2, s); });
  const Graph uses_pinned(
      stream_, [&](cudaStream_t s) { cudaMemcpyAsync(y_.data(), pinned.data(), 4, cudaMemcpyHostToDevice, s); });
  cudaFree(freed);
  const Executable first(uses_freed), second(uses_pinned);
  EXPECT_DEATH(cudaGraphLaunch(first, stream_), "written after it was freed");
  EXPECT_DEATH(
      {
        pinned.data()[0] = 6;
        cudaGraphLaunch(second, stream_);
      },
      "the host has changed .* since it was captured");
  cudaGraphLaunch(second, stream_);
  EXPECT_EQ(Read(y_)[0], 5);
}

TEST_F(GraphTest, AreOrderedAsAnyWorkOfTheirStream) {
  const Stream other;
  const Graph graph(stream_, [&](cudaStream_t s) { Double(x_.data(), y_.data(), 2, s); });
  const Executable executable(graph);
  cudaGraphLaunch(executable, stream_);
  EXPECT_DEATH(Double(y_.data(), z_.data(), 2, other), "without waiting");
  EXPECT_DEATH(cudaGraphLaunch(executable, other), "without waiting");
}

TEST_F(GraphTest, HandlesAreNotMadeDuringACapture) {
  cublasHandle_t handle = nullptr;
  EXPECT_DEATH(
      {
        cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed);
        cublasCreate(&handle);
      },
      "a handle is made, which allocates");
}

TEST_F(GraphTest, HandlesMustLive) {
  cudaGraphExec_t executable = nullptr;
  {
    const Graph graph(stream_, [](cudaStream_t) {});
    cudaGraphInstantiate(&executable, graph, 0);
  }
  EXPECT_THAT(Leaks(), Contains("1 cudaGraphExec_t"));
  cudaGraphExecDestroy(executable);
  EXPECT_DEATH(cudaGraphLaunch(executable, stream_), "not a live cudaGraphExec_t");
}

}  // namespace
}  // namespace fake_cuda
