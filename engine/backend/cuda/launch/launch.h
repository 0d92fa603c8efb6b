// Launches a kernel. All launches go through here. Included by .cu files only.
//
//   Launch("ScaleKernel", ScaleKernel<float>, dim3(blocks), dim3(256), 0, stream, y, x, n);
//
// Arguments are converted to the kernel's parameter types. A launch that CUDA refuses ends the process through
// FailDevice, naming the kernel.
#ifndef ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_
#define ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "kernel_launch.h"

namespace sg::cuda {

template <typename... P, typename... A>
void Launch(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, size_t dynamic_shared_bytes,
            cudaStream_t stream, A... args) {
  StartKernel(name, kernel, grid, block, dynamic_shared_bytes, stream, args...);
  const cudaError_t error = cudaGetLastError();
  if (__builtin_expect(error != cudaSuccess, 0)) FailLaunch(name, grid, block, dynamic_shared_bytes, error);
  CountLaunch();
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_
