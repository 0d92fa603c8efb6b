// Allocation, transfers and statistics of every device.
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

const size_t kSizes[] = {1, 2, 63, 64, 65, 1000, 4096, 100000, (1 << 20) + 1, 5 << 20};

std::vector<void*> AllocateAll(Backend& backend) {
  std::vector<void*> buffers;
  for (size_t bytes : kSizes) buffers.push_back(backend.Allocate(bytes));
  return buffers;
}

void FreeAll(Backend& backend, const std::vector<void*>& buffers) {
  for (void* data : buffers) backend.Free(data);
}

TEST(MemorySuite, BuffersAreAlignedAndCounted) {
  int64_t requested = 0;
  for (size_t bytes : kSizes) requested += bytes;
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    Backend& backend = BackendFor(device);
    const MemoryStats before = backend.Stats();
    const std::vector<void*> buffers = AllocateAll(backend);
    for (void* data : buffers) EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
    const MemoryStats held = backend.Stats();
    EXPECT_EQ(held.live_buffers, before.live_buffers + static_cast<int64_t>(buffers.size()));
    EXPECT_EQ(held.allocations, before.allocations + static_cast<int64_t>(buffers.size()));
    EXPECT_GE(held.live_bytes, before.live_bytes + requested);
    EXPECT_GE(held.peak_bytes, held.live_bytes);
    EXPECT_GE(held.reserved_bytes, held.live_bytes);
    FreeAll(backend, buffers);
    const MemoryStats after = backend.Stats();
    EXPECT_EQ(after.live_buffers, before.live_buffers);
    EXPECT_EQ(after.live_bytes, before.live_bytes);
    EXPECT_GE(after.peak_bytes, held.live_bytes);
    backend.ResetPeak();
    EXPECT_EQ(backend.Stats().peak_bytes, after.live_bytes);
  }
}

// Except on the reference backend, whose buffers are separate allocations for the benefit of AddressSanitizer.
TEST(MemorySuite, FreedBuffersAreReused) {
  for (Device device : AvailableDevices()) {
    if (device == Device::Ref()) continue;
    SCOPED_TRACE(::testing::Message() << "device " << device);
    Backend& backend = BackendFor(device);
    FreeAll(backend, AllocateAll(backend));
    const MemoryStats warm = backend.Stats();
    for (int round = 0; round < 10; ++round) FreeAll(backend, AllocateAll(backend));
    EXPECT_EQ(backend.Stats().system_allocations, warm.system_allocations);
    EXPECT_EQ(backend.Stats().reserved_bytes, warm.reserved_bytes);
  }
}

TEST(MemorySuite, BytesReturnAsTheyWere) {
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    Backend& backend = BackendFor(device);
    const std::vector<void*> buffers = AllocateAll(backend);
    for (size_t i = 0; i < buffers.size(); ++i) {
      std::vector<unsigned char> bytes(kSizes[i], static_cast<unsigned char>(i + 1));
      backend.CopyFromHost(buffers[i], bytes.data(), bytes.size());
      std::memset(bytes.data(), 0xee, bytes.size());  // allowed as soon as CopyFromHost returns
    }
    for (size_t i = 0; i < buffers.size(); ++i) {
      std::vector<unsigned char> bytes(kSizes[i]);
      backend.CopyToHost(bytes.data(), buffers[i], bytes.size());
      EXPECT_EQ(bytes, std::vector<unsigned char>(kSizes[i], static_cast<unsigned char>(i + 1)))
          << kSizes[i] << " bytes";
    }
    FreeAll(backend, buffers);
  }
}

// Every thread marks its buffers and later finds its marks intact: no buffer is handed out twice.
void AllocateAndVerify(Backend& backend, unsigned char mark, int* wrong) {
  std::mt19937 generator(mark);
  std::vector<std::pair<void*, size_t>> held;
  for (int round = 0; round < 200; ++round) {
    const size_t bytes = 1 + generator() % 5000;
    void* data = backend.Allocate(bytes);
    backend.CopyFromHost(data, std::vector<unsigned char>(bytes, mark).data(), bytes);
    held.emplace_back(data, bytes);
    if (held.size() < 8) continue;
    const size_t victim = generator() % held.size();
    std::vector<unsigned char> read(held[victim].second);
    backend.CopyToHost(read.data(), held[victim].first, read.size());
    *wrong += read != std::vector<unsigned char>(read.size(), mark);
    backend.Free(held[victim].first);
    held.erase(held.begin() + victim);
  }
  for (const auto& [data, bytes] : held) backend.Free(data);
}

TEST(MemorySuite, ConcurrentAllocation) {
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    Backend& backend = BackendFor(device);
    const MemoryStats before = backend.Stats();
    constexpr int kThreads = 4;
    int wrong[kThreads] = {};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back(AllocateAndVerify, std::ref(backend), static_cast<unsigned char>(i + 1), &wrong[i]);
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < kThreads; ++i) EXPECT_EQ(wrong[i], 0) << "thread " << i;
    EXPECT_EQ(backend.Stats().live_bytes, before.live_bytes);
    EXPECT_EQ(backend.Stats().live_buffers, before.live_buffers);
  }
}

TEST(MemorySuite, DescriptionIsOneLine) {
  for (Device device : AvailableDevices()) {
    Backend& backend = BackendFor(device);
    EXPECT_EQ(backend.device(), device);
    EXPECT_FALSE(backend.Description().empty());
    EXPECT_EQ(backend.Description().find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace sg
