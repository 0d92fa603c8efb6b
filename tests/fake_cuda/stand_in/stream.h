// Streams, events and captured graphs. Operations run in the order of the calls, which is one of the orders that a GPU
// may choose. Clocks detect operations that rely on an order that nothing guarantees (clock.h, memory.h).
#ifndef TESTS_FAKE_CUDA_STAND_IN_STREAM_H_
#define TESTS_FAKE_CUDA_STAND_IN_STREAM_H_

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/fake_cuda/stand_in/clock.h"
#include "tests/fake_cuda/stand_in/memory.h"
#include "tests/fake_cuda/stand_in/objects.h"

namespace fake_cuda {

// Pinned memory that a captured operation reads, and its bytes at the capture.
struct HostBytes {
  const void* data;
  std::string bytes;
};

// An asynchronous operation. Memory that only `run` knows of (in a kernel) is checked when it is touched. Operations of
// a graph are of the same kind if their names are equal: "kernel ScaleKernel", "copy from host to device".
struct Operation {
  std::string name;
  std::vector<Operand> operands;
  std::function<void()> run;
  std::vector<HostBytes> captured;  // filled by Submit
};

// The operations of a stream between cudaStreamBeginCapture and cudaStreamEndCapture. One stream only: no forks.
struct Capture {
  uint64_t number = 0;  // from 1, in the process
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;  // that began it
  bool invalidated = false;
  std::vector<Operation> operations;
};

}  // namespace fake_cuda

struct CUgraph_st {
  std::vector<fake_cuda::Operation> operations;
};

struct CUgraphExec_st {
  std::vector<fake_cuda::Operation> operations;
};

struct CUstream_st {
  uint32_t number = 0;
  bool blocking = true;  // ordered with the legacy default stream
  fake_cuda::Clock clock;
  std::unique_ptr<fake_cuda::Capture> capture;  // null: operations run at once
};

struct CUevent_st {
  bool recorded = false;
  uint64_t capture = 0;  // the number of the capture during which it was recorded; 0: none
  fake_cuda::Clock clock;
};

namespace fake_cuda {

template <>
inline constexpr const char* kTypeName<CUevent_st> = "cudaEvent_t";
template <>
inline constexpr const char* kTypeName<CUgraph_st> = "cudaGraph_t";
template <>
inline constexpr const char* kTypeName<CUgraphExec_st> = "cudaGraphExec_t";

// Null and cudaStreamLegacy are the default stream.
CUstream_st& StreamAt(cudaStream_t stream);
CUstream_st* MakeStream(bool blocking);
void DestroyStream(cudaStream_t stream);
void ForEachStream(const std::function<void(CUstream_st&)>& visit);

// Runs `operation`, or adds it to the capture of `stream`. Returns an error if the capture is, or thereby becomes,
// invalid.
cudaError_t Submit(cudaStream_t stream, Operation operation);
void SubmitTo(CUstream_st& stream, const Operation& operation);

// The host has waited for `clock`.
void HostWaited(const Clock& clock);

// For calls that are "potentially unsafe" in the terms of cudaThreadExchangeStreamCaptureMode, which only relaxed
// captures allow. Returns the error that the call must return, after invalidating the open captures, or cudaSuccess.
cudaError_t RefuseUnsafeCall();
// For calls that no capture allows. The documentation lets a relaxed capture free memory. Here it may not, because
// captured operations may need that memory.
cudaError_t RefuseDuringCapture();
// For uses of a stream other than operations. Refused if it is being captured, or if it is the legacy stream and a
// blocking stream is.
cudaError_t RefuseUseOf(CUstream_st& stream);
// For uses of an event that was recorded in a capture.
cudaError_t RefuseCapturedEvent(const CUevent_st& event);
bool AnyCapture();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_STREAM_H_
