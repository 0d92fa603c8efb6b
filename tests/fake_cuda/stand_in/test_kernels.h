// Kernels for the stand-in's own tests, right and wrong ones. Compiled as the .cu files of the backend are.
#ifndef TESTS_FAKE_CUDA_STAND_IN_TEST_KERNELS_H_
#define TESTS_FAKE_CUDA_STAND_IN_TEST_KERNELS_H_

#include <cuda_runtime_api.h>

namespace fake_cuda {

constexpr int kBlockThreads = 64;

// y[i] = 2 x[i] for i < n.
void Double(const float* x, float* y, int n, cudaStream_t stream);
// y[b] = the sum of the b-th kBlockThreads elements of x, through static shared memory.
void BlockSums(const float* x, float* y, int blocks, cudaStream_t stream);
// The same through dynamic shared memory, of which the launch requests `shared_bytes`.
void BlockSumsInDynamicShared(const float* x, float* y, int blocks, size_t shared_bytes, cudaStream_t stream);
// y[i] = the number of thread i within its block, times 1000, plus that of its block: x fastest, then y, then z.
void WriteIndices(int* y, dim3 grid, dim3 block, cudaStream_t stream);

void WriteAt(float* y, long long index, cudaStream_t stream);
void ReadAt(const float* x, long long index, float* y, cudaStream_t stream);
// Loads 16 bytes at once.
void CopyPack(const float* x, float* y, cudaStream_t stream);
// Reverses kBlockThreads elements through shared memory without the necessary barrier.
void ReverseWithoutBarrier(float* y, cudaStream_t stream);
// Every block adds into y[0].
void AccumulateInPlace(float* y, int blocks, cudaStream_t stream);
// Half of the threads return before the barrier.
void DivergentBarrier(float* y, cudaStream_t stream);
// Recurses until the stack of a thread is full.
void OverflowStack(float* y, cudaStream_t stream);
// A launch that does nothing, with any configuration.
void LaunchEmpty(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_TEST_KERNELS_H_
