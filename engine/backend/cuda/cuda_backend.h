// The CUDA backend: cuDNN, cuBLAS, cuRAND's Philox and our kernels on one stream per GPU. Also declares what a program
// may ask of it; engine/backend/cuda_stub implements the same functions for a build without CUDA.
//
//   if (Backend* gpu = CudaBackend(0)) { ... } else { std::puts(CudaUnavailableReason(0).c_str()); }
#ifndef ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_
#define ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/device_options.h"

namespace sg {

// The backend of a GPU, which lives until ReleaseCudaBackends; null where there is no such GPU, no driver, no library
// of NVIDIA's, or no CUDA in this build.
Backend* CudaBackend(int index);

// Why CudaBackend(index) is null: "no CUDA in this build", "no NVIDIA driver ...". Empty where it is not.
std::string CudaUnavailableReason(int index);

// The options of one GPU, from the next call on; cache_memory from the next time that its backend is made. The GPU need
// not exist. Not while another thread uses the backend.
void ConfigureCudaBackend(int index, const DeviceOptions& options);
// The options in force: those of the last ConfigureCudaBackend, or the defaults.
DeviceOptions CudaBackendOptions(int index);

// What the host asked of the driver and the libraries, over all GPUs, since the process began.
struct CudaCounts {
  int64_t launches = 0;       // of our kernels
  int64_t library_calls = 0;  // of cuDNN and cuBLAS; each launches one kernel or more
  // Convolutions among the library calls, captured or not, that only cuDNN's older API could run.
  int64_t descriptor_convolutions = 0;
  int64_t copies = 0;            // copies and fills by the copy engines
  int64_t synchronizations = 0;  // waits of the host for a GPU
  // What was captured instead, and reached the GPU with a graph. Not among the above.
  int64_t captured_launches = 0, captured_library_calls = 0, captured_copies = 0;
  int64_t graph_launches = 0;
  int64_t graph_updates = 0, graph_instantiations = 0;  // before each launch one of the two
};
CudaCounts CudaCountsSoFar();

// How cuDNN runs the convolutions of a GPU so far, a line for each: "Conv2d of f32 x [8,64,64,32] ...: engine 7, tensor
// cores, 0 KiB". Without a backend, none.
std::vector<std::string> CudaConvolutions(int index);

// Frees all that the backends hold: memory, streams, handles. No tensor may live on a GPU. For tests that look for
// leaks.
void ReleaseCudaBackends();

}  // namespace sg

#endif  // ENGINE_BACKEND_CUDA_CUDA_BACKEND_H_
