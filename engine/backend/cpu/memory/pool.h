// The memory of the CPU backend: a caching allocator over large segments in huge pages. A fresh 4 KiB page costs 7-14
// us on a virtual machine, more than most kernels that would use it. The pool therefore takes memory in large segments
// and never returns it to the system.
//
// Blocks are found by best fit (block_list.h) and aligned to 64 bytes. Safe to call from several threads. Under
// AddressSanitizer, all memory that is not handed out is poisoned.
//
//   PoolBuffer columns(CpuPool(), rows * row_bytes);   // scratch; returns to the pool at the end of the scope
//   float* data = columns.as<float>();
#ifndef ENGINE_BACKEND_CPU_MEMORY_POOL_H_
#define ENGINE_BACKEND_CPU_MEMORY_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/common/block_list.h"
#include "engine/backend/common/scoped_buffer.h"
#include "engine/base/device_failure.h"

namespace sg::cpu {

// The owner of a block. MemoryStats counts only tensors as live, since scratch and packed weights that kernels keep are
// no leaks; reserved_bytes covers all.
enum class PoolUse : uint8_t { kTensor, kScratch, kPackedWeights };

class Pool {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kSegmentBytes = size_t{64} << 20;

  Pool() = default;
  ~Pool();  // unmaps all segments; no block may be in use
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Never null, even for 0 bytes. Calls FailDevice if the system has no more memory; the failure is recoverable.
  void* Allocate(size_t bytes, PoolUse use = PoolUse::kTensor);
  // `data` is what Allocate returned, or null, which is ignored.
  void Free(void* data);
  // The most bytes that the pool may reserve from now on; 0 is no limit.
  void SetCap(int64_t bytes) { cap_ = bytes; }
  int64_t cap() const { return cap_; }
  // Bytes of the block at `data`, at least as many as were requested.
  size_t SizeOf(void* data) const;

  MemoryStats Stats() const;
  void ResetPeak();

 private:
  struct Used {
    BlockList::Block* block;
    PoolUse use;
  };

  bool Grow(size_t bytes);  // false if the system has no more memory
  DeviceFailure OutOfMemory(size_t bytes) const;
  const Used& Find(void* data) const;
  void Count(const Used& used);
  void Uncount(const Used& used);

  std::atomic<int64_t> cap_{0};
  mutable std::mutex mutex_;
  BlockList blocks_;
  std::unordered_map<void*, Used> used_;
  std::vector<std::pair<void*, size_t>> segments_;
  MemoryStats stats_;
  int64_t scratch_bytes_ = 0, packed_bytes_ = 0;
};

// The pool of the backend, which lives until the process ends.
Pool& CpuPool();

// A block that its destructor returns to the pool.
class PoolBuffer : public ScopedBuffer<Pool> {
 public:
  PoolBuffer() = default;
  PoolBuffer(Pool& pool, size_t bytes, PoolUse use = PoolUse::kScratch)
      : ScopedBuffer(pool, pool.Allocate(bytes, use)) {}
};

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_MEMORY_POOL_H_
