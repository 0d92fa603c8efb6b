#include <cuda_runtime.h>
#include <device_launch_parameters.h>

#include "tests/fake_cuda/stand_in/launch.h"
#include "tests/fake_cuda/stand_in/test_kernels.h"

namespace fake_cuda {
namespace {

struct alignas(16) Pack {
  float v[4];
};

__global__ void DoubleKernel(const float* x, float* y, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = 2 * x[i];
}

__device__ float BlockSum(float value, float* shared) {
  shared[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = kBlockThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    __syncthreads();
  }
  return shared[0];
}

__global__ void BlockSumsKernel(const float* x, float* y) {
  __shared__ float shared[kBlockThreads];
  const float sum = BlockSum(x[blockIdx.x * kBlockThreads + threadIdx.x], shared);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}

__global__ void DynamicBlockSumsKernel(const float* x, float* y) {
  auto* shared = static_cast<float*>(DynamicShared());
  const float sum = BlockSum(x[blockIdx.x * kBlockThreads + threadIdx.x], shared);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}

__global__ void IndicesKernel(int* y) {
  const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  y[block * static_cast<int>(blockDim.x * blockDim.y * blockDim.z) + thread] = thread * 1000 + block;
}

__global__ void WriteAtKernel(float* y, long long index) { y[index] = 1; }
__global__ void ReadAtKernel(const float* x, long long index, float* y) { *y = x[index]; }

__global__ void CopyPackKernel(const float* x, float* y) {
  *reinterpret_cast<Pack*>(y) = *reinterpret_cast<const Pack*>(x);
}

__global__ void ReverseKernel(float* y) {
  __shared__ float shared[kBlockThreads];
  shared[threadIdx.x] = y[threadIdx.x];
  y[threadIdx.x] = shared[kBlockThreads - 1 - threadIdx.x];
}

__global__ void AccumulateKernel(float* y) { y[0] += 1; }

__global__ void DivergentKernel(float* y) {
  if (threadIdx.x >= kBlockThreads / 2) return;
  y[threadIdx.x] = 0;
  __syncthreads();
}

__device__ float Recurse(float* y, int depth) {
  volatile float frame[256];
  frame[depth % 256] = y[0];
  return depth == 0 ? frame[0] : Recurse(y, depth - 1) + frame[depth % 256];
}

__global__ void OverflowKernel(float* y) { y[0] = Recurse(y, 1000000); }

__global__ void EmptyKernel() {}

}  // namespace

void Double(const float* x, float* y, int n, cudaStream_t stream) {
  const dim3 grid((n + kBlockThreads - 1) / kBlockThreads);
  LaunchKernel("Double", grid, dim3(kBlockThreads), 0, stream, [=] { DoubleKernel(x, y, n); });
}

void BlockSums(const float* x, float* y, int blocks, cudaStream_t stream) {
  LaunchKernel("BlockSums", dim3(blocks), dim3(kBlockThreads), 0, stream, [=] { BlockSumsKernel(x, y); });
}

void BlockSumsInDynamicShared(const float* x, float* y, int blocks, size_t shared_bytes, cudaStream_t stream) {
  LaunchKernel("BlockSumsInDynamicShared", dim3(blocks), dim3(kBlockThreads), shared_bytes, stream,
               [=] { DynamicBlockSumsKernel(x, y); });
}

void WriteIndices(int* y, dim3 grid, dim3 block, cudaStream_t stream) {
  LaunchKernel("WriteIndices", grid, block, 0, stream, [=] { IndicesKernel(y); });
}

void WriteAt(float* y, long long index, cudaStream_t stream) {
  LaunchKernel("WriteAt", dim3(1), dim3(1), 0, stream, [=] { WriteAtKernel(y, index); });
}

void ReadAt(const float* x, long long index, float* y, cudaStream_t stream) {
  LaunchKernel("ReadAt", dim3(1), dim3(1), 0, stream, [=] { ReadAtKernel(x, index, y); });
}

void CopyPack(const float* x, float* y, cudaStream_t stream) {
  LaunchKernel("CopyPack", dim3(1), dim3(1), 0, stream, [=] { CopyPackKernel(x, y); });
}

void ReverseWithoutBarrier(float* y, cudaStream_t stream) {
  LaunchKernel("Reverse", dim3(1), dim3(kBlockThreads), 0, stream, [=] { ReverseKernel(y); });
}

void AccumulateInPlace(float* y, int blocks, cudaStream_t stream) {
  LaunchKernel("Accumulate", dim3(blocks), dim3(1), 0, stream, [=] { AccumulateKernel(y); });
}

void DivergentBarrier(float* y, cudaStream_t stream) {
  LaunchKernel("Divergent", dim3(1), dim3(kBlockThreads), 0, stream, [=] { DivergentKernel(y); });
}

void OverflowStack(float* y, cudaStream_t stream) {
  LaunchKernel("OverflowStack", dim3(1), dim3(1), 0, stream, [=] { OverflowKernel(y); });
}

void LaunchEmpty(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream) {
  LaunchKernel("Empty", grid, block, shared_bytes, stream, [=] { EmptyKernel(); });
}

}  // namespace fake_cuda
