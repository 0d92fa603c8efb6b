// The one way to start a kernel. Included by .cu files only.
//
//   Launch("ScaleKernel", ScaleKernel<float>, dim3(blocks), dim3(256), 0, stream, y, x, n);
//
// Arguments are converted to the kernel's parameter types. A launch that is refused ends the process through
// FailDevice, with its name.
#ifndef ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_
#define ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"

#ifdef SG_FAKE_CUDA
#include "tests/fake_cuda/launch.h"
#endif

// SG_KERNEL_PARAMETER: the type of a kernel's parameter that is a large struct, read where it is and not copied by every thread.
// SG_LAUNCH_BOUNDS: of blocks of so many threads, so many at least have to fit on a multiprocessor.
#ifdef SG_FAKE_CUDA
#define SG_KERNEL_PARAMETER(...) const __VA_ARGS__&
#define SG_LAUNCH_BOUNDS(threads, blocks)
#else
#define SG_KERNEL_PARAMETER(...) const __grid_constant__ __VA_ARGS__
#define SG_LAUNCH_BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
#endif

namespace sg::cuda {

template <typename... P, typename... A>
void Launch(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, size_t dynamic_shared_bytes,
            cudaStream_t stream, A... args) {
#ifdef SG_FAKE_CUDA
  fake_cuda::LaunchKernel(name, grid, block, dynamic_shared_bytes, stream, [=] { kernel(static_cast<P>(args)...); });
#else
  // clang-format off
  kernel<<<grid, block, dynamic_shared_bytes, stream>>>(static_cast<P>(args)...);
  // clang-format on
#endif
  const cudaError_t error = cudaGetLastError();
  if (__builtin_expect(error != cudaSuccess, 0)) FailLaunch(name, grid, block, dynamic_shared_bytes, error);
  CountLaunch();
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_LAUNCH_LAUNCH_H_
