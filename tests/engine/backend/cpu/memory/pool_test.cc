#include "engine/backend/cpu/memory/pool.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/device_failure.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg::cpu {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(PoolTest, BlocksAreAlignedAndDoNotOverlap) {
  Pool pool;
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t bytes : {0, 1, 63, 64, 65, 1000, 4097, 70000, 300001}) {
    char* data = static_cast<char*>(pool.Allocate(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % Pool::kAlignment, 0u) << bytes;
    EXPECT_GE(pool.SizeOf(data), bytes);
    std::memset(data, static_cast<int>(blocks.size()), bytes);
    blocks.emplace_back(data, bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (size_t j = 0; j < blocks[i].second; ++j) ASSERT_EQ(blocks[i].first[j], static_cast<char>(i));
    pool.Free(blocks[i].first);
  }
}

TEST(PoolTest, FreedBlockIsReused) {
  Pool pool;
  void* first = pool.Allocate(1 << 20);
  pool.Free(first);
  EXPECT_EQ(pool.Allocate(1 << 20), first);
  pool.Free(first);
  pool.Free(nullptr);
}

TEST(PoolTest, SmallestFittingBlockIsTaken) {
  Pool pool;
  void* large = pool.Allocate(1 << 20);
  void* wall = pool.Allocate(64);
  void* small = pool.Allocate(1 << 16);
  void* end = pool.Allocate(64);
  pool.Free(large);
  pool.Free(small);
  void* fit = pool.Allocate(1 << 16);
  EXPECT_EQ(fit, small);
  for (void* data : {fit, wall, end}) pool.Free(data);
}

TEST(PoolTest, NeighborsCoalesceInAnyOrderOfFreeing) {
  constexpr size_t kQuarter = Pool::kSegmentBytes / 4;
  int order[] = {0, 1, 2, 3};
  do {
    Pool pool;
    void* quarters[4];
    for (void*& quarter : quarters) quarter = pool.Allocate(kQuarter);
    EXPECT_EQ(pool.Stats().system_allocations, 1);
    for (int i : order) pool.Free(quarters[i]);
    void* whole = pool.Allocate(Pool::kSegmentBytes);
    EXPECT_EQ(pool.Stats().system_allocations, 1);
    pool.Free(whole);
  } while (std::next_permutation(order, order + 4));
}

TEST(PoolTest, StatsCountTensorsAndNotScratch) {
  Pool pool;
  void* a = pool.Allocate(1000);
  void* b = pool.Allocate(100);
  {
    const PoolBuffer scratch(pool, 1 << 20);
    ASSERT_NE(scratch.data(), nullptr);
    const MemoryStats stats = pool.Stats();
    EXPECT_EQ(stats.live_buffers, 2);
    EXPECT_EQ(stats.allocations, 2);
    EXPECT_EQ(stats.live_bytes, 1024 + 128);
    EXPECT_EQ(stats.reserved_bytes, static_cast<int64_t>(Pool::kSegmentBytes));
  }
  pool.Free(a);
  EXPECT_EQ(pool.Stats().live_bytes, 128);
  EXPECT_EQ(pool.Stats().peak_bytes, 1024 + 128);
  pool.ResetPeak();
  EXPECT_EQ(pool.Stats().peak_bytes, 128);
  pool.Free(b);
  EXPECT_EQ(pool.Stats().live_buffers, 0);
  EXPECT_EQ(pool.Stats().live_bytes, 0);
}

TEST(PoolTest, PeaksOfScratchAndPackedWeightsAreKeptApart) {
  Pool pool;
  const PoolBuffer packed(pool, 1000, PoolUse::kPackedWeights);
  { const PoolBuffer first(pool, 100), second(pool, 64); }
  EXPECT_EQ(pool.Stats().peak_scratch_bytes, 128 + 64);
  EXPECT_EQ(pool.Stats().peak_packed_bytes, 1024);
  EXPECT_EQ(pool.Stats().peak_bytes, 0);
  pool.ResetPeak();
  EXPECT_EQ(pool.Stats().peak_scratch_bytes, 0);
  EXPECT_EQ(pool.Stats().peak_packed_bytes, 1024) << "still held";
  EXPECT_EQ(pool.Stats().live_buffers, 0);
}

TEST(PoolTest, BufferMovesItsBlock) {
  Pool pool;
  PoolBuffer a(pool, 256);
  void* data = a.data();
  PoolBuffer b = std::move(a);
  EXPECT_EQ(a.data(), nullptr);
  EXPECT_EQ(b.data(), data);
  b = PoolBuffer(pool, 256);
  EXPECT_NE(b.data(), data);
  EXPECT_EQ(PoolBuffer(pool, 256).data(), data) << "assignment returns the old block";
}

TEST(PoolTest, LargeRequestGetsItsOwnSegment) {
  Pool pool;
  void* data = pool.Allocate(Pool::kSegmentBytes + 1);
  static_cast<char*>(data)[Pool::kSegmentBytes] = 1;
  EXPECT_EQ(pool.Stats().system_allocations, 1);
  pool.Free(data);
}

TEST(PoolTest, RepeatedPatternDoesNotGrow) {
  Pool pool;
  const auto step = [&pool] {
    std::vector<void*> live;
    for (int i = 0; i < 200; ++i) {
      live.push_back(pool.Allocate(static_cast<size_t>(i * 7919 % 800000)));
      if (i % 3 == 2) {
        pool.Free(live[live.size() / 2]);
        live.erase(live.begin() + static_cast<int64_t>(live.size() / 2));
      }
    }
    for (void* data : live) pool.Free(data);
  };
  step();
  const MemoryStats first = pool.Stats();
  for (int i = 0; i < 20; ++i) step();
  EXPECT_EQ(pool.Stats().system_allocations, first.system_allocations);
  EXPECT_EQ(pool.Stats().reserved_bytes, first.reserved_bytes);
  EXPECT_EQ(pool.Stats().peak_bytes, first.peak_bytes);
  EXPECT_EQ(pool.Stats().live_buffers, 0);
}

TEST(PoolTest, ThreadsDoNotShareBlocks) {
  Pool pool;
  const auto work = [&pool](int id) {
    std::vector<std::pair<int*, size_t>> live;
    for (size_t i = 0; i < 3000; ++i) {
      const size_t n = 1 + i * 37 % 500;
      int* data = static_cast<int*>(pool.Allocate(n * sizeof(int)));
      std::fill(data, data + n, id);
      live.emplace_back(data, n);
      if (live.size() < 20) continue;
      const auto [oldest, length] = live.front();
      for (size_t j = 0; j < length; ++j) ASSERT_EQ(oldest[j], id);
      pool.Free(oldest);
      live.erase(live.begin());
    }
    for (const auto& entry : live) pool.Free(entry.first);
  };
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) threads.emplace_back(work, id);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.Stats().live_buffers, 0);
  EXPECT_EQ(pool.Stats().live_bytes, 0);
  EXPECT_EQ(pool.Stats().allocations, 12000);
}

// More than a process can address, with and without a request to the system.
constexpr size_t kTooMuch[] = {size_t{1} << 47, SIZE_MAX};

TEST(PoolTest, OutOfMemoryCanBeCaughtAndLeavesThePoolAsItWas) {
  Pool pool;
  void* const data = pool.Allocate(1 << 20);
  const PoolBuffer scratch(pool, 1 << 19);
  const MemoryStats before = pool.Stats();
  for (const size_t bytes : kTooMuch) {
    const absl::Status status = CatchDeviceFailure([&] { pool.Allocate(bytes); });
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(
        std::string(status.message()),
        MatchesRegex("\\[Pool\\] out of memory: .* MiB asked for; 1 MiB live in 1 tensors, 0.5 MiB in scratch "
                     "and packed weights, 64 MiB reserved in 1 segments; the system can give .* MiB more.*\\. A "
                     "smaller batch takes less"));
    EXPECT_EQ(pool.Stats().live_bytes, before.live_bytes);
    EXPECT_EQ(pool.Stats().live_buffers, before.live_buffers);
    EXPECT_EQ(pool.Stats().reserved_bytes, before.reserved_bytes);
  }
  pool.Free(pool.Allocate(1 << 20));
  EXPECT_EQ(pool.Stats().system_allocations, before.system_allocations);
  pool.Free(data);
}

TEST(PoolTest, TheCapIsKeptAndReported) {
  Pool pool;
  pool.SetCap(int64_t{100} << 20);
  void* const first = pool.Allocate(size_t{60} << 20);
  EXPECT_EQ(pool.Stats().reserved_bytes, 64 << 20);
  const absl::Status status = CatchDeviceFailure([&] { pool.Allocate(size_t{40} << 20); });
  EXPECT_THAT(std::string(status.message()), HasSubstr("40 MiB asked for"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("64 MiB reserved in 1 segments, capped at 100 MiB;"));
  void* const second = pool.Allocate(size_t{20} << 20);
  EXPECT_EQ(pool.Stats().reserved_bytes, 100 << 20) << "the last segment takes what is left";
  EXPECT_FALSE(CatchDeviceFailure([&] { pool.Allocate(size_t{20} << 20); }).ok());
  pool.SetCap(0);
  void* const third = pool.Allocate(size_t{20} << 20);
  for (void* const data : {first, second, third}) pool.Free(data);
}

TEST(PoolDeathTest, OutOfMemoryIsAFailureOfTheDevice) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto fail = [](size_t bytes) {
    Pool pool;
    const PoolBuffer data(pool, 1 << 20);
    const DeviceFailureScope scope([&](const DeviceFailure& failure) {
      const bool some = failure.capacity_bytes >= pool.Stats().reserved_bytes - (1 << 20);
      return failure.kind == DeviceFailure::Kind::kOutOfMemory && some ? "the handler knows\n" : "";
    });
    pool.Allocate(bytes);
  };
  for (const size_t bytes : kTooMuch) {
    EXPECT_EXIT(fail(bytes), ::testing::ExitedWithCode(kDeviceFailureExitCode),
                "^\\[Pool\\] out of memory: .*\nthe handler knows\n$");
  }
}

TEST(PoolDeathTest, MistakesAreNamed) {
  Pool pool;
  void* data = pool.Allocate(64);
  EXPECT_DEATH(pool.Free(static_cast<char*>(data) + 1), "was not allocated here");
  pool.Free(data);
  EXPECT_DEATH(pool.Free(data), "already free");
}

#ifdef __SANITIZE_ADDRESS__
TEST(PoolDeathTest, UseAfterFreeAndOverrunAreFound) {
  Pool pool;
  volatile char* data = static_cast<char*>(pool.Allocate(60));
  EXPECT_DEATH(data[60] = 1, "use-after-poison");
  pool.Free(const_cast<char*>(data));
  EXPECT_DEATH(data[0] = 1, "use-after-poison");
}
#endif

}  // namespace
}  // namespace sg::cpu
