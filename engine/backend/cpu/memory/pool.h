// The memory of the CPU backend: a caching allocator over big segments in huge pages. A fresh 4 KiB page costs 7-14 us
// on a virtual machine, more than most kernels that would use it, so memory is taken in large pieces and never given
// back.
//
// Best fit; blocks split on Allocate and coalesce with their neighbors on Free. Blocks are aligned to 64 bytes. Safe
// to call from several threads. Under AddressSanitizer whatever is not handed out is poisoned.
//
//   PoolBuffer columns(CpuPool(), rows * row_bytes);   // scratch: goes back to the pool at the end of the scope
//   float* data = columns.as<float>();
#ifndef ENGINE_BACKEND_CPU_MEMORY_POOL_H_
#define ENGINE_BACKEND_CPU_MEMORY_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/device_failure.h"

namespace sg::cpu {

// Who holds a block. MemoryStats counts tensors as live, so that kernels may keep scratch and packed weights without
// looking like a leak; reserved_bytes covers all.
enum class PoolUse : uint8_t { kTensor, kScratch, kPackedWeights };

class Pool {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kSegmentBytes = size_t{64} << 20;

  Pool() = default;
  ~Pool();  // unmaps everything; nothing may be in use
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Never null, also for 0 bytes. Calls FailDevice when the system has no more memory; the failure is recoverable.
  void* Allocate(size_t bytes, PoolUse use = PoolUse::kTensor);
  // Takes what Allocate returned; null is ignored.
  void Free(void* data);
  // Bytes that the pool may reserve from now on; 0 is no limit.
  void SetCap(int64_t bytes) { cap_ = bytes; }
  int64_t cap() const { return cap_; }
  // Bytes of the block at `data`, at least what was asked for.
  size_t SizeOf(void* data) const;

  MemoryStats Stats() const;
  void ResetPeak();

 private:
  struct Block {
    char* data;
    size_t size;
    Block* previous;  // the neighbors in the segment, null at its ends
    Block* next;
    bool free;
    PoolUse use;
  };
  struct SmallestFirst {
    using is_transparent = void;
    bool operator()(const Block* a, const Block* b) const {
      return a->size != b->size ? a->size < b->size : a->data < b->data;
    }
    bool operator()(const Block* a, size_t size) const { return a->size < size; }
    bool operator()(size_t size, const Block* b) const { return size < b->size; }
  };

  Block* Grow(size_t bytes);  // null if the system has no more memory
  DeviceFailure OutOfMemory(size_t bytes) const;
  void Split(Block* block, size_t size);
  Block* MergeWithNext(Block* block);
  Block* Find(void* data) const;
  void Count(const Block& block);
  void Uncount(const Block& block);

  std::atomic<int64_t> cap_{0};
  mutable std::mutex mutex_;
  std::set<Block*, SmallestFirst> free_;
  std::unordered_map<void*, Block*> used_;
  std::vector<std::pair<void*, size_t>> segments_;
  MemoryStats stats_;
  int64_t scratch_bytes_ = 0, packed_bytes_ = 0;
};

// The pool of the backend; lives until the process ends.
Pool& CpuPool();

// A block of scratch that returns itself.
class PoolBuffer {
 public:
  PoolBuffer() = default;
  PoolBuffer(Pool& pool, size_t bytes, PoolUse use = PoolUse::kScratch)
      : pool_(&pool), data_(pool.Allocate(bytes, use)) {}
  ~PoolBuffer() { Reset(); }
  PoolBuffer(PoolBuffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}
  PoolBuffer& operator=(PoolBuffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    return *this;
  }

  void* data() const { return data_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void Reset() {
    if (pool_ != nullptr) pool_->Free(data_);
    pool_ = nullptr;
    data_ = nullptr;
  }

  Pool* pool_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_MEMORY_POOL_H_
