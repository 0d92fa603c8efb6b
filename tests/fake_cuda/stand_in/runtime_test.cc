// The runtime API of the stand-in: memory, copies, streams, events, failures.
#include <cstring>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/device_array.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/fake_cuda/stand_in/handles.h"
#include "tests/fake_cuda/stand_in/test_kernels.h"

namespace fake_cuda {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RuntimeTest, HostCodeCannotTouchDeviceMemory) {
  const DeviceArray<float> x(std::vector<float>{1, 2});
  EXPECT_DEATH(x.data()[1] = 0, "host code writes device memory: .*byte 4 of device allocation");
  EXPECT_DEATH(
      {
        volatile float value = x.data()[0];
        static_cast<void>(value);
      },
      "host code reads device memory");
  EXPECT_DEATH(std::memset(x.data(), 0, 8), "host code writes device memory");
}

TEST(RuntimeTest, CopiesCheckTheirDirection) {
  const DeviceArray<float> x(4), y(4);
  std::vector<float> host(4);
  EXPECT_DEATH(cudaMemcpyAsync(x.data(), host.data(), 16, cudaMemcpyDeviceToDevice, nullptr),
               "source of a copy on the device is .*neither device nor pinned");
  EXPECT_DEATH(cudaMemcpyAsync(x.data(), y.data(), 16, cudaMemcpyHostToDevice, nullptr),
               "source of a copy from host to device is .*device allocation");
  EXPECT_DEATH(cudaMemcpyAsync(x.data(), host.data(), 16, cudaMemcpyDeviceToHost, nullptr), "destination of a copy");
  EXPECT_DEATH(cudaMemcpyAsync(x.data(), y.data(), 16, cudaMemcpyDefault, nullptr), "say in which direction");
}

TEST(RuntimeTest, CopiesCheckTheirExtent) {
  const DeviceArray<float> x(4), y(8);
  EXPECT_DEATH(cudaMemcpyAsync(x.data(), y.data(), 20, cudaMemcpyDeviceToDevice, nullptr),
               "destination of a copy is written past its end: 20 bytes");
  EXPECT_DEATH(cudaMemsetAsync(x.data() + 2, 0, 16, nullptr), "destination of a fill is written past its end");
  EXPECT_DEATH(cudaMemcpyAsync(y.data(), y.data() + 2, 16, cudaMemcpyDeviceToDevice, nullptr), "overlap");
}

TEST(RuntimeTest, CopiesAreCounted) {
  const DeviceArray<float> x(4), y(4);
  const Pinned host(4);
  const Counters before = ReadCounters();
  cudaMemcpyAsync(x.data(), host.data(), 16, cudaMemcpyHostToDevice, nullptr);
  cudaMemcpyAsync(y.data(), x.data(), 8, cudaMemcpyDeviceToDevice, nullptr);
  cudaMemcpyAsync(host.data(), y.data(), 4, cudaMemcpyDeviceToHost, nullptr);
  const Counters after = ReadCounters();
  EXPECT_EQ(after.copies - before.copies, 3);
  EXPECT_EQ(after.bytes_to_device - before.bytes_to_device, 16);
  EXPECT_EQ(after.bytes_on_device - before.bytes_on_device, 8);
  EXPECT_EQ(after.bytes_to_host - before.bytes_to_host, 4);
  EXPECT_EQ(after.synchronizations, before.synchronizations);
}

TEST(RuntimeTest, HiddenSynchronisationsAreCounted) {
  const DeviceArray<float> x(4);
  std::vector<float> pageable(4);
  int64_t before = ReadCounters().synchronizations;
  cudaMemcpyAsync(x.data(), pageable.data(), 16, cudaMemcpyHostToDevice, nullptr);
  EXPECT_EQ(ReadCounters().synchronizations, ++before);
  void* data = nullptr;
  cudaMalloc(&data, 4);
  EXPECT_EQ(ReadCounters().synchronizations, before);
  cudaFree(data);
  EXPECT_EQ(ReadCounters().synchronizations, ++before);
}

TEST(RuntimeTest, FreeTakesOnlyTheStartOfALiveAllocation) {
  const DeviceArray<float> x(4);
  EXPECT_DEATH(cudaFree(x.data() + 1), "not the start of a live allocation");
  EXPECT_DEATH(cudaFreeHost(x.data()), "not the start of a live allocation");
  EXPECT_DEATH(
      {
        cudaFree(x.data());
        cudaFree(x.data());
      },
      "16 bytes, freed");
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
}

TEST(RuntimeTest, StreamsNeedAnEventBetweenThem) {
  const Stream first, second;
  const Event event;
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4}), y(4), z(4);
  Double(x.data(), y.data(), 4, first);
  EXPECT_DEATH(Double(y.data(), z.data(), 4, second),
               "read of .* which operation .* of stream .* writes, without waiting");
  EXPECT_DEATH(cudaMemsetAsync(x.data(), 0, 16, second), "write to .* which operation .* reads, without waiting");
  cudaEventRecord(event, first);
  cudaStreamWaitEvent(second, event, 0);
  Double(y.data(), z.data(), 4, second);
  EXPECT_DEATH(cudaMemsetAsync(z.data(), 0, 16, first), "without waiting");
  cudaStreamSynchronize(second);
  cudaMemsetAsync(z.data(), 0, 16, first);
}

TEST(RuntimeTest, AllocationsInAStreamAreWorkOfIt) {
  const Stream first, second;
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4});
  float* y = nullptr;
  ASSERT_EQ(cudaMallocAsync(reinterpret_cast<void**>(&y), 16, first), cudaSuccess);
  EXPECT_DEATH(Double(x.data(), y, 4, second), "write to .* without waiting");
  Double(x.data(), y, 4, first);
  EXPECT_DEATH(cudaFreeAsync(y, second), "without waiting");
  ASSERT_EQ(cudaFreeAsync(y, first), cudaSuccess);
  EXPECT_DEATH(Double(x.data(), y, 4, first), "written after it was freed");
}

TEST(RuntimeTest, AnEventCoversOnlyWhatWasBeforeIt) {
  const Stream first, second;
  const Event event;
  const DeviceArray<float> x(std::vector<float>{1, 2, 3, 4}), y(4), z(4);
  cudaEventRecord(event, first);
  Double(x.data(), y.data(), 4, first);
  cudaStreamWaitEvent(second, event, 0);
  EXPECT_DEATH(Double(y.data(), z.data(), 4, second), "without waiting");
}

TEST(RuntimeTest, DisjointPartsOfOneAllocationNeedNoOrder) {
  const Stream first, second;
  const DeviceArray<float> x(256);
  cudaMemsetAsync(x.data(), 0, 512, first);
  cudaMemsetAsync(x.data() + 128, 0, 512, second);
  EXPECT_DEATH(cudaMemsetAsync(x.data() + 64, 0, 4, second), "without waiting");
}

TEST(RuntimeTest, PinnedMemoryBelongsToTheCopyUntilItIsDone) {
  const Stream stream;
  const Event event;
  const DeviceArray<float> x(4);
  const Pinned host(4);
  host.data()[0] = 5;
  cudaMemcpyAsync(x.data(), host.data(), 16, cudaMemcpyHostToDevice, stream);
  EXPECT_EQ(host.data()[0], 5);  // it only reads
  EXPECT_DEATH(host.data()[0] = 6, "host code writes .* while an asynchronous copy");
  cudaEventRecord(event, stream);
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  host.data()[0] = 6;
  cudaMemcpyAsync(host.data(), x.data(), 16, cudaMemcpyDeviceToHost, stream);
  EXPECT_DEATH(
      {
        volatile float value = host.data()[0];
        static_cast<void>(value);
      },
      "host code reads .* while an asynchronous copy");
  cudaStreamSynchronize(stream);
  EXPECT_EQ(host.data()[0], 5);
}

TEST(RuntimeTest, HandlesMustLive) {
  cudaStream_t stream = nullptr;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  cudaStreamDestroy(stream);
  EXPECT_DEATH(cudaStreamSynchronize(stream), "not a live stream");
  cudaEvent_t event = nullptr;
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  EXPECT_DEATH(cudaStreamWaitEvent(nullptr, event, 0), "never recorded");
  cudaEventDestroy(event);
  EXPECT_DEATH(cudaEventRecord(event, nullptr), "not a live cudaEvent_t");
}

TEST(RuntimeTest, LeaksAreNamed) {
  EXPECT_THAT(Leaks(), IsEmpty());
  void* data = nullptr;
  cudaMalloc(&data, 24);
  cudaEvent_t event = nullptr;
  cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  EXPECT_THAT(Leaks(), Contains(HasSubstr("of 24 bytes")));
  EXPECT_THAT(Leaks(), Contains("1 cudaEvent_t"));
  cudaFree(data);
  cudaEventDestroy(event);
  EXPECT_THAT(Leaks(), IsEmpty());
}

TEST(RuntimeTest, MemoryRunsOut) {
  SetDeviceMemory(1 << 20);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, (1 << 20) + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(data, nullptr);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  size_t free_bytes = 0, total_bytes = 0;
  cudaMemGetInfo(&free_bytes, &total_bytes);
  EXPECT_EQ(free_bytes, size_t{1} << 20);
  SetDeviceMemory(size_t{16} << 30);
}

TEST(RuntimeTest, AnyCallCanBeMadeToFail) {
  FailCall("cudaMalloc", 2, cudaErrorMemoryAllocation);
  const DeviceArray<float> first(1);
  void* data = nullptr;
  EXPECT_EQ(cudaMalloc(&data, 4), cudaErrorMemoryAllocation);
  const DeviceArray<float> third(1);
  EXPECT_STREQ(cudaGetErrorName(cudaGetLastError()), "cudaErrorMemoryAllocation");
}

TEST(RuntimeTest, AFailureCanLast) {
  FailCallsFrom("cudaMalloc", 2, cudaErrorMemoryAllocation);
  const DeviceArray<float> first(1);
  void* data = nullptr;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cudaMalloc(&data, 4), cudaErrorMemoryAllocation);
  ClearFailures();
  const DeviceArray<float> last(1);
  EXPECT_EQ(CallCounts().at("cudaMalloc"), CallCount("cudaMalloc"));
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST(RuntimeTest, WithoutDevices) {
  SetDeviceCount(0);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(cudaSetDevice(0), cudaErrorInvalidDevice);
  SetDeviceCount(1);
  cudaGetLastError();
}

}  // namespace
}  // namespace fake_cuda
