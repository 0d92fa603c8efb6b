#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/device_array.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/fake_cuda/stand_in/test_kernels.h"

namespace fake_cuda {
namespace {

std::vector<float> Counting(int n) {
  std::vector<float> values(n);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

TEST(LaunchTest, RunsEveryThreadOnce) {
  const DeviceArray<float> x(Counting(100)), y(100);
  Double(x.data(), y.data(), 100, nullptr);
  const std::vector<float> got = y.Read();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(got[i], 2 * i);
}

TEST(LaunchTest, NumbersThreadsAndBlocksInThreeDimensions) {
  const dim3 grid(2, 3, 2), block(4, 2, 3);
  const int threads = 4 * 2 * 3, blocks = 2 * 3 * 2;
  const DeviceArray<int> y(threads * blocks);
  for (int order = 0; order < 2; ++order) {  // forwards and backwards
    WriteIndices(y.data(), grid, block, nullptr);
    const std::vector<int> got = y.Read();
    for (int b = 0; b < blocks; ++b) {
      for (int t = 0; t < threads; ++t) EXPECT_EQ(got[b * threads + t], t * 1000 + b);
    }
  }
}

TEST(LaunchTest, BarriersMakeSharedMemoryReductionsRight) {
  constexpr int kBlocks = 3;
  const DeviceArray<float> x(Counting(kBlocks * kBlockThreads)), y(kBlocks);
  for (int order = 0; order < 2; ++order) {
    BlockSums(x.data(), y.data(), kBlocks, nullptr);
    const std::vector<float> got = y.Read();
    BlockSumsInDynamicShared(x.data(), y.data(), kBlocks, kBlockThreads * sizeof(float), nullptr);
    EXPECT_EQ(y.Read(), got);
    for (int b = 0; b < kBlocks; ++b) {
      EXPECT_EQ(got[b], kBlockThreads * b * kBlockThreads + kBlockThreads * (kBlockThreads - 1) / 2);
    }
  }
}

TEST(LaunchTest, IsCounted) {
  const DeviceArray<float> x(Counting(10)), y(10);
  const int64_t launches = ReadCounters().launches, named = CallCount("Double");
  Double(x.data(), y.data(), 10, nullptr);
  EXPECT_EQ(ReadCounters().launches, launches + 1);
  EXPECT_EQ(CallCount("Double"), named + 1);
}

TEST(LaunchTest, RefusesWhatAGpuCannotLaunch) {
  EXPECT_DEATH(LaunchEmpty(dim3(1), dim3(1025), 0, nullptr), "a block of 1025x1x1 threads");
  EXPECT_DEATH(LaunchEmpty(dim3(1), dim3(1, 1, 65), 0, nullptr), "a block of 1x1x65 threads");
  EXPECT_DEATH(LaunchEmpty(dim3(0), dim3(1), 0, nullptr), "a grid of 0x1x1 blocks");
  EXPECT_DEATH(LaunchEmpty(dim3(1, 65536), dim3(1), 0, nullptr), "a grid of 1x65536x1 blocks");
  EXPECT_DEATH(LaunchEmpty(dim3(1), dim3(1), 49153, nullptr), "49153 bytes of shared memory");
}

TEST(LaunchTest, SeesAccessesOutsideAllocations) {
  const DeviceArray<float> x(10), y(1);
  EXPECT_DEATH(WriteAt(x.data(), 10, nullptr), "written past its end: 4 bytes at .*byte 40 of device allocation");
  EXPECT_DEATH(ReadAt(x.data(), 10, y.data(), nullptr), "read past its end.*\n.*in kernel ReadAt");
  EXPECT_DEATH(WriteAt(x.data(), -1, nullptr), "never allocated|past its end");
  EXPECT_DEATH(WriteAt(nullptr, 0, nullptr), "a kernel writes host memory");
}

TEST(LaunchTest, SeesHostMemoryInKernels) {
  const DeviceArray<float> y(1);
  std::vector<float> heap(1);
  float stack = 0;
  EXPECT_DEATH(ReadAt(heap.data(), 0, y.data(), nullptr), "a kernel reads host memory");
  EXPECT_DEATH(ReadAt(&stack, 0, y.data(), nullptr), "a kernel reads host memory");
}

TEST(LaunchTest, SeesFreedMemory) {
  const DeviceArray<float> y(1);
  float* freed = nullptr;
  cudaMalloc(reinterpret_cast<void**>(&freed), 4);
  cudaFree(freed);
  EXPECT_DEATH(ReadAt(freed, 0, y.data(), nullptr), "read after it was freed");
}

TEST(LaunchTest, NewMemoryIsNotZero) {
  const DeviceArray<float> x(2), y(1);
  ReadAt(x.data(), 1, y.data(), nullptr);
  EXPECT_NE(y.Read()[0], y.Read()[0]);  // NaN
}

TEST(LaunchTest, SeesMisalignedVectorAccesses) {
  const DeviceArray<float> x(Counting(8)), y(8);
  CopyPack(x.data() + 4, y.data(), nullptr);
  EXPECT_EQ(y.Read()[3], 7);
  EXPECT_DEATH(CopyPack(x.data() + 1, y.data(), nullptr), "misaligned access of 16 bytes");
  EXPECT_DEATH(CopyPack(x.data(), y.data() + 2, nullptr), "misaligned access of 16 bytes");
}

TEST(LaunchTest, SeesDataRaces) {
  const DeviceArray<float> y(Counting(kBlockThreads));
  EXPECT_DEATH(ReverseWithoutBarrier(y.data(), nullptr), "data race in shared memory");
  AccumulateInPlace(y.data(), 1, nullptr);
  EXPECT_DEATH(AccumulateInPlace(y.data(), 2, nullptr), "data race: thread . of the launch reads");
}

TEST(LaunchTest, SeesDivergentBarriers) {
  const DeviceArray<float> y(kBlockThreads);
  EXPECT_DEATH(DivergentBarrier(y.data(), nullptr), "reached by 32 of 64 threads");
}

TEST(LaunchTest, SeesTooLittleDynamicSharedMemory) {
  const DeviceArray<float> x(Counting(kBlockThreads)), y(1);
  EXPECT_DEATH(BlockSumsInDynamicShared(x.data(), y.data(), 1, 0, nullptr), "no dynamic shared memory");
  EXPECT_DEATH(BlockSumsInDynamicShared(x.data(), y.data(), 1, 128, nullptr),
               "dynamic shared memory, of which the launch has 128 bytes");
}

TEST(LaunchTest, SeesStackOverflow) {
  const DeviceArray<float> y(Counting(1));
  EXPECT_DEATH(OverflowStack(y.data(), nullptr), "a kernel .*(stack overflows|host memory)");
}

TEST(LaunchTest, CanBeMadeToFail) {
  const DeviceArray<float> x(Counting(4)), y(Counting(4));
  FailCall("LaunchKernel", 2, cudaErrorLaunchOutOfResources);
  Double(x.data(), y.data(), 4, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  Double(y.data(), x.data(), 4, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchOutOfResources);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(x.Read(), Counting(4));
}

TEST(LaunchTest, ALostGpuFailsEveryLaterCall) {
  const DeviceArray<float> x(Counting(4)), y(Counting(4));
  FailCall("LaunchKernel", 1, cudaErrorLaunchFailure);
  Double(x.data(), y.data(), 4, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 4), cudaErrorLaunchFailure);
  ClearFailures();
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

}  // namespace
}  // namespace fake_cuda
