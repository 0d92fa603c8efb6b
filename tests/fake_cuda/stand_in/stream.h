// Streams, events and captured graphs. Operations run in the order of the calls, which is one of the orders that a GPU
// may choose; whether they rely on an order that was never asked for is checked by their clocks (clock.h, memory.h).
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

// Pinned memory that a captured operation reads, and what it held then.
struct HostBytes {
  const void* data;
  std::string bytes;
};

// One asynchronous piece of work. Memory that only `run` knows of (a kernel) is checked as it is touched. Of two
// operations of a graph the name tells whether they are of one kind: "kernel ScaleKernel", "copy from host to device".
struct Operation {
  std::string name;
  std::vector<Operand> operands;
  std::function<void()> run;
  std::vector<HostBytes> captured;  // filled by Submit
};

// What a stream collects between cudaStreamBeginCapture and cudaStreamEndCapture. One stream only: no forks.
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
  std::unique_ptr<fake_cuda::Capture> capture;  // null: it runs what it is given
};

struct CUevent_st {
  bool recorded = false;
  uint64_t capture = 0;  // the number of the one during which it was recorded; 0: none
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

// Runs `operation`, or adds it to what `stream` captures. An error: of a capture that was, or is by this, invalidated.
cudaError_t Submit(cudaStream_t stream, Operation operation);
void SubmitTo(CUstream_st& stream, const Operation& operation);

// The host has waited for `clock`.
void HostWaited(const Clock& clock);

// What a call must return because of the captures that go on; it then has invalidated them. cudaSuccess: it may be
// made. "Potentially unsafe", as cudaThreadExchangeStreamCaptureMode says: allowed in relaxed captures only.
cudaError_t RefuseUnsafeCall();
// Allowed in none. The documentation lets a relaxed capture free memory; here it may not, for captured work may need
// it.
cudaError_t RefuseDuringCapture();
// Use of a stream beside its operations: it is being captured, or it is the legacy stream and a blocking one is.
cudaError_t RefuseUseOf(CUstream_st& stream);
// Of an event that was recorded in a capture.
cudaError_t RefuseCapturedEvent(const CUevent_st& event);
bool AnyCapture();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_STREAM_H_
