// How kernels are declared and launched on a GPU, compiled by nvcc. tests/fake_cuda/kernels/device has a header of the
// same name for kernels that are compiled as C++ and run on the host. A target chooses one by its include path.
#ifndef ENGINE_BACKEND_CUDA_LAUNCH_DEVICE_KERNEL_LAUNCH_H_
#define ENGINE_BACKEND_CUDA_LAUNCH_DEVICE_KERNEL_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>

// The type of a kernel parameter that is a large struct. It is read in place instead of being copied by every thread.
#define SG_KERNEL_PARAMETER(...) const __grid_constant__ __VA_ARGS__
// At least `blocks` blocks of `threads` threads must fit on a multiprocessor.
#define SG_LAUNCH_BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)

namespace sg::cuda {

template <typename... P, typename... A>
void StartKernel(const char* /*name*/, void (*kernel)(P...), dim3 grid, dim3 block, size_t dynamic_shared_bytes,
                 cudaStream_t stream, A... args) {
  // clang-format off
  kernel<<<grid, block, dynamic_shared_bytes, stream>>>(static_cast<P>(args)...);
  // clang-format on
}

// The dynamic shared memory of the block that runs.
template <typename T>
__device__ T* DynamicShared() {
  extern __shared__ __align__(16) unsigned char dynamic_shared_bytes[];
  return reinterpret_cast<T*>(dynamic_shared_bytes);
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_LAUNCH_DEVICE_KERNEL_LAUNCH_H_
