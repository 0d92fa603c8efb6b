// The interface of the stand-in for tests: counters, injected failures and the leak check.
//
// The stand-in runs the sources of engine/backend/cuda without a GPU. They are compiled against NVIDIA's headers and
// linked with this library instead of the CUDA runtime, cuBLAS and cuDNN. Operations run on the host in the order of
// the calls. Misuse that a GPU would forgive, or punish later, ends the process with one sentence. See
// tests/fake_cuda/README.md.
//
//   fake_cuda::FailCall("cudaMalloc", /*nth=*/1, cudaErrorMemoryAllocation);   // the next one
//   const fake_cuda::Counters before = fake_cuda::ReadCounters();
//   ... a training step ...
//   EXPECT_EQ(fake_cuda::ReadCounters().synchronizations, before.synchronizations);
//
// Other programs are configured by environment variables: FAKE_CUDA_FAIL=function:nth:code[,function:nth+:code...],
// where "nth+" means that call and all later ones, FAKE_CUDA_DEVICES=<number>, FAKE_CUDA_MEMORY_MIB=<device memory>. At
// its end a program writes CallCounts() to the file FAKE_CUDA_CALLS, one "function count" per line.
#ifndef TESTS_FAKE_CUDA_STAND_IN_FAKE_CUDA_H_
#define TESTS_FAKE_CUDA_STAND_IN_FAKE_CUDA_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fake_cuda {

struct Counters {
  int64_t launches = 0;          // of our kernels
  int64_t library_launches = 0;  // convolutions and matrix products
  int64_t copies = 0;            // all cudaMemcpy*
  int64_t bytes_to_device = 0, bytes_to_host = 0, bytes_on_device = 0;
  int64_t memsets = 0;
  int64_t synchronizations = 0;  // calls that make the host wait, including hidden ones (pageable copies, cudaFree)
  int64_t graph_launches = 0;    // the launches inside are also counted
  int64_t live_bytes = 0;        // device memory handed out
};

Counters ReadCounters();
// Calls of one function of the vendor's API, or launches of one kernel by its name, since the process began.
int64_t CallCount(const std::string& name);
std::map<std::string, int64_t> CallCounts();  // of all

// The `nth` call (1: the next) of `function` does nothing and returns `code`. "LaunchKernel" counts as a function. If a
// GPU cannot recover from `code` (cudaErrorLaunchFailure, cudaErrorIllegalAddress ...), every later call of the runtime
// returns it too, and convolutions and matrix products fail.
void FailCall(const std::string& function, int64_t nth, int code);
// The same for that call and all later ones, such as memory that has run out or an unsupported operation.
void FailCallsFrom(const std::string& function, int64_t nth, int code);
// Clears failures that have not happened yet, and an unrecoverable one that has.
void ClearFailures();

// Whether an unrecoverable failure has happened and was not cleared.
bool LostGpu();

// Visible GPUs: 0 is a machine with a driver and no device.
void SetDeviceCount(int count);
// cudaMalloc beyond it reports cudaErrorMemoryAllocation.
void SetDeviceMemory(size_t bytes);

// Describes everything that the program has made and not destroyed, a line each: memory, streams, events, handles,
// descriptors, graphs.
std::vector<std::string> Leaks();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_FAKE_CUDA_H_
