// Streams, events and captured graphs. Operations run in the order of the calls, which is one of the orders that a GPU may
// choose; whether they rely on an order that was never asked for is checked by their clocks (clock.h, memory.h).
#ifndef TESTS_FAKE_CUDA_STREAM_H_
#define TESTS_FAKE_CUDA_STREAM_H_

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fake_cuda/clock.h"
#include "tests/fake_cuda/memory.h"
#include "tests/fake_cuda/objects.h"

namespace fake_cuda {

// One asynchronous piece of work. Memory that only `run` knows of (a kernel) is checked as it is touched.
struct Operation {
  std::string name;
  std::vector<Operand> operands;
  std::function<void()> run;
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
  CUgraph_st* capture = nullptr;
};

struct CUevent_st {
  bool recorded = false;
  CUgraph_st* capture = nullptr;  // recorded during it
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

// Runs `operation`, or adds it to the graph that `stream` captures.
void Submit(cudaStream_t stream, Operation operation);
void SubmitTo(CUstream_st& stream, const Operation& operation);

// The host has waited for `clock`.
void HostWaited(const Clock& clock);
// Fails where a call that makes the host wait would break the capture that is going on.
void CheckMayWait();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STREAM_H_
