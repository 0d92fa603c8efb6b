// How kernels are declared and launched on the stand-in: the counterpart of
// engine/backend/cuda/launch/device/kernel_launch.h for kernels that are compiled as C++.
#ifndef TESTS_FAKE_CUDA_KERNELS_DEVICE_KERNEL_LAUNCH_H_
#define TESTS_FAKE_CUDA_KERNELS_DEVICE_KERNEL_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>

#include "tests/fake_cuda/stand_in/launch.h"

#define SG_KERNEL_PARAMETER(...) const __VA_ARGS__&
#define SG_LAUNCH_BOUNDS(threads, blocks)

namespace sg::cuda {

template <typename... P, typename... A>
void StartKernel(const char* name, void (*kernel)(P...), dim3 grid, dim3 block, size_t dynamic_shared_bytes,
                 cudaStream_t stream, A... args) {
  fake_cuda::LaunchKernel(name, grid, block, dynamic_shared_bytes, stream, [=] { kernel(static_cast<P>(args)...); });
}

template <typename T>
T* DynamicShared() {
  return static_cast<T*>(fake_cuda::DynamicShared());
}

}  // namespace sg::cuda

#endif  // TESTS_FAKE_CUDA_KERNELS_DEVICE_KERNEL_LAUNCH_H_
