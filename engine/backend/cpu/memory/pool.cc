#include "engine/backend/cpu/memory/pool.h"

#include <sanitizer/asan_interface.h>  // whose macros do nothing without it
#include <sys/mman.h>

#include <algorithm>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/backend/common/host_memory.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLargest = size_t{1} << 47;  // the user half of the address space

size_t RoundUp(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Large blocks are rounded to pages, because nearly equal sizes can then reuse one block instead of leaving slivers.
size_t BlockSize(size_t bytes) {
  constexpr size_t kLarge = size_t{64} << 10, kPage = 4096;
  return bytes < kLarge ? RoundUp(std::max<size_t>(bytes, 1), Pool::kAlignment) : RoundUp(bytes, kPage);
}

// `size` bytes at a multiple of kHugePage, or null if the system has no more memory.
void* MapSegment(size_t size) {
  const size_t mapped = size + kHugePage;
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(raw);
  char* data = reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePage));
  const size_t before = static_cast<size_t>(data - begin), after = mapped - before - size;
  if (before > 0) munmap(begin, before);
  if (after > 0) munmap(data + size, after);
  madvise(data, size, MADV_HUGEPAGE);  // a hint; kernels without huge pages use small ones
  return data;
}

}  // namespace

Pool::~Pool() {
  for (const auto& entry : used_) blocks_.Return(entry.second.block);
  for (const auto& [data, size] : segments_) {
    ASAN_UNPOISON_MEMORY_REGION(data, size);
    munmap(data, size);
  }
}

bool Pool::Grow(size_t bytes) {
  if (bytes > kLargest) return false;
  const int64_t cap = cap_;
  const size_t room = cap == 0 ? kLargest : static_cast<size_t>(std::max<int64_t>(cap - stats_.reserved_bytes, 0));
  // Under a cap the last segment may be smaller than the others.
  const size_t size = std::max(RoundUp(bytes, kHugePage), std::min(kSegmentBytes, room / kHugePage * kHugePage));
  segments_.reserve(segments_.size() + 1);  // If the host's memory runs out here or below, nothing has changed.
  void* data = size <= room ? MapSegment(size) : nullptr;
  if (data == nullptr) return false;
  absl::Cleanup unmap = [&] { munmap(data, size); };
  blocks_.AddSegment(data, size);
  std::move(unmap).Cancel();
  ASAN_POISON_MEMORY_REGION(data, size);
  segments_.emplace_back(data, size);
  stats_.reserved_bytes += static_cast<int64_t>(size);
  ++stats_.system_allocations;
  return true;
}

DeviceFailure Pool::OutOfMemory(size_t bytes) const {
  const int64_t others = scratch_bytes_ + packed_bytes_;
  const int64_t cap = cap_;
  const auto mib = [](int64_t n) { return absl::StrCat(static_cast<double>(n) / 1048576.0, " MiB"); };
  const std::string more =
      absl::StrCat(mib(others), " in scratch and packed weights, ", mib(stats_.reserved_bytes), " reserved in ",
                   segments_.size(), " segments", cap != 0 ? absl::StrCat(", capped at ", mib(cap)) : "");
  DeviceFailure failure = OutOfHostMemory("[Pool]", bytes, stats_, more, stats_.reserved_bytes - others);
  if (cap != 0) failure.capacity_bytes = std::min(failure.capacity_bytes, std::max<int64_t>(cap - others, 0));
  return failure;
}

const Pool::Used& Pool::Find(void* data) const {
  const auto it = used_.find(data);
  SG_CHECK(it != used_.end()) << "[Pool] " << data << " was not allocated here or is already free";
  return it->second;
}

void Pool::Count(const Used& used) {
  const int64_t size = static_cast<int64_t>(used.block->size);
  switch (used.use) {
    case PoolUse::kTensor:
      ++stats_.allocations;
      ++stats_.live_buffers;
      stats_.live_bytes += size;
      stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
      break;
    case PoolUse::kScratch:
      scratch_bytes_ += size;
      stats_.peak_scratch_bytes = std::max(stats_.peak_scratch_bytes, scratch_bytes_);
      break;
    case PoolUse::kPackedWeights:
      packed_bytes_ += size;
      stats_.peak_packed_bytes = std::max(stats_.peak_packed_bytes, packed_bytes_);
      break;
  }
}

void Pool::Uncount(const Used& used) {
  const int64_t size = static_cast<int64_t>(used.block->size);
  switch (used.use) {
    case PoolUse::kTensor:
      --stats_.live_buffers;
      stats_.live_bytes -= size;
      break;
    case PoolUse::kScratch: scratch_bytes_ -= size; break;
    case PoolUse::kPackedWeights: packed_bytes_ -= size; break;
  }
}

void* Pool::Allocate(size_t bytes, PoolUse use) {
  std::unique_lock<std::mutex> lock(mutex_);
  const size_t size = bytes <= kLargest ? BlockSize(bytes) : bytes;
  BlockList::Block* block = blocks_.Take(size);
  if (block == nullptr && Grow(size)) block = blocks_.Take(size);
  if (block == nullptr) {
    const DeviceFailure failure = OutOfMemory(bytes);
    lock.unlock();  // a failure handler may call Stats
    FailDevice(failure);
  }
  const Used used = {block, use};
  absl::Cleanup give_back = [&] { blocks_.Return(block); };
  used_.emplace(block->data, used);
  std::move(give_back).Cancel();
  Count(used);
  ASAN_UNPOISON_MEMORY_REGION(block->data, bytes);
  return block->data;
}

void Pool::Free(void* data) {
  if (data == nullptr) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const Used used = Find(data);
  used_.erase(data);
  Uncount(used);
  ASAN_POISON_MEMORY_REGION(data, used.block->size);
  blocks_.Return(used.block);
}

size_t Pool::SizeOf(void* data) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(data).block->size;
}

MemoryStats Pool::Stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stats_;
}

void Pool::ResetPeak() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stats_.peak_bytes = stats_.live_bytes;
  stats_.peak_scratch_bytes = scratch_bytes_;
  stats_.peak_packed_bytes = packed_bytes_;
}

Pool& CpuPool() {
  static Pool* const pool = new Pool;
  return *pool;
}

}  // namespace sg::cpu
