// Functions that the kernels share: 16-byte accesses, conversions to and from f32, sums over a block. Included by .cu
// files only.
//
// The kernels are also compiled as plain C++ and run on a host-side stand-in (tests/fake_cuda). They therefore use no
// warp intrinsics, and get dynamic shared memory only from DynamicShared of kernel_launch.h.
#ifndef ENGINE_BACKEND_CUDA_KERNELS_DEVICE_FUNCTIONS_CUH_
#define ENGINE_BACKEND_CUDA_KERNELS_DEVICE_FUNCTIONS_CUH_

#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <device_launch_parameters.h>

#include <cstdint>

#include "kernel_launch.h"

namespace sg::cuda {

using BF16 = __nv_bfloat16;

__device__ inline float ToFloat(float x) { return x; }
__device__ inline float ToFloat(BF16 x) { return __bfloat162float(x); }

template <typename T>
__device__ T FromFloat(float x);
template <>
__device__ inline float FromFloat<float>(float x) {
  return x;
}
template <>
__device__ inline BF16 FromFloat<BF16>(float x) {
  return __float2bfloat16_rn(x);
}

// Elements that are loaded or stored in one access.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T v[kCount];
};

template <int kCount, typename T>
__device__ Pack<T, kCount> LoadPack(const T* from) {
  return *reinterpret_cast<const Pack<T, kCount>*>(from);
}

template <int kCount, typename T>
__device__ void StorePack(T* to, const Pack<T, kCount>& pack) {
  *reinterpret_cast<Pack<T, kCount>*>(to) = pack;
}

// The sum over the kThreads threads of a block, valid in thread 0. The order of summation is fixed. kThreads is a power
// of two. `shared` has kThreads elements, which may be reused after the next __syncthreads.
template <int kThreads>
__device__ float BlockSum(float value, float* shared) {
  shared[threadIdx.x] = value;
  __syncthreads();
  for (int half = kThreads / 2; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  return shared[0];
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_DEVICE_FUNCTIONS_CUH_
