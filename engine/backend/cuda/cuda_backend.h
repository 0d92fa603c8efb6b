// The CUDA backend: cuDNN, cuBLAS, cuRAND's Philox and our kernels on one stream per GPU. Also declares what a program
// may ask of it; engine/backend/cuda_stub implements the same functions for a build without CUDA.
//
//   if (Backend* gpu = CudaBackend(0)) { ... } else { std::puts(CudaUnavailableReason(0).c_str()); }
#ifndef ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_
#define ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_

#include <cstdint>
#include <string>

#include "engine/backend/backend.h"

namespace sg {

// The backend of a GPU, which lives until ReleaseCudaBackends; null where there is no such GPU, no driver, no library
// of NVIDIA's, or no CUDA in this build.
Backend* CudaBackend(int index);

// Why CudaBackend(index) is null: "no CUDA in this build", "no NVIDIA driver ...". Empty where it is not.
std::string CudaUnavailableReason(int index);

struct CudaOptions {
  // f32 convolutions and matrix products round their operands to 10 bits of mantissa where the GPU has tensor cores for
  // it.
  bool tf32 = true;
  // cuDNN takes algorithms from a fixed list, all of them repeatable, instead of what its heuristics prefer. Everything
  // else is repeatable anyhow.
  bool deterministic = false;
  // cuDNN cannot take bf16 operands and return f32. By default they are widened, which is exact, and multiplied on the
  // TF32 tensor cores. With this, cuDNN computes in bf16 with f32 sums and rounds the result to bf16: twice the peak,
  // half the traffic, and a relative error of 2^-9 in every result.
  bool bf16_conv_results = false;
  // Bytes that each GPU's pool may reserve; 0: what the GPU has.
  int64_t memory_cap = 0;
  // False: every buffer is an allocation of its own, for compute-sanitizer. Read when the backend of a GPU is made.
  bool cache_memory = true;
  // What lies between BeginStep and EndStep is launched as one CUDA graph, from the second time on that the key is
  // seen; then CopyToHost and Synchronize between the two end the process, also the first time. Needs cache_memory.
  bool graphs = false;
};
// For all GPUs, from the next call on, except where an option says otherwise. Not while a backend is in use by another
// thread.
void SetCudaOptions(const CudaOptions& options);
// The options in force: those of the last SetCudaOptions, or the defaults.
const CudaOptions& CurrentCudaOptions();

// What the host asked of the driver and the libraries, over all GPUs, since the process began.
struct CudaCounts {
  int64_t launches = 0;          // of our kernels
  int64_t library_calls = 0;     // of cuDNN and cuBLAS; each launches one kernel or more
  int64_t copies = 0;            // copies and fills by the copy engines
  int64_t synchronizations = 0;  // waits of the host for a GPU
  // What was captured instead, and reached the GPU with a graph. Not among the above.
  int64_t captured_launches = 0, captured_library_calls = 0, captured_copies = 0;
  int64_t graph_launches = 0;
  int64_t graph_updates = 0, graph_instantiations = 0;  // before each launch one of the two
};
CudaCounts CudaCountsSoFar();

// Frees all that the backends hold: memory, streams, handles. No tensor may live on a GPU. For tests that look for
// leaks.
void ReleaseCudaBackends();

}  // namespace sg

#endif  // ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_
