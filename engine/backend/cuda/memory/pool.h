// The device memory of one GPU: a caching allocator over large cudaMalloc segments.
//
// Allocation is ordered by the compute stream: everything that uses a block is queued there. A freed block may
// therefore be handed out again at once, while the kernels that used it have yet to run. (The copy stream touches only
// staging buffers.)
//
// Blocks are found by best fit (block_list.h). Segments without a used block return to the driver only when it has no
// more memory. Safe to call from several threads.
//
//   void* data = pool.Allocate(bytes, PoolUse::kTensor, /*cap=*/0);
//   pool.Recycle(pool.Retire(data));
#ifndef ENGINE_BACKEND_CUDA_MEMORY_POOL_H_
#define ENGINE_BACKEND_CUDA_MEMORY_POOL_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "engine/backend/backend.h"
#include "engine/backend/common/block_list.h"
#include "engine/backend/cuda/memory/step_capture.h"

namespace sg::cuda {

// The owner of a block. MemoryStats counts only tensors as live, since scratch and cached tables are no leaks;
// reserved_bytes covers both.
enum class PoolUse : uint8_t { kTensor, kScratch };

class Pool {
 public:
  static constexpr size_t kAlignment = 512;
  static constexpr size_t kSegmentBytes = size_t{64} << 20;

  // Without `caching`, every block is a cudaMallocAsync on `stream` of exactly the requested bytes. This is slower, but
  // compute-sanitizer then sees every access beyond a block.
  //
  // Before segments are released, an open capture is launched, because its kernels may use blocks that are now free.
  Pool(cudaStream_t stream, bool caching, StepCapture* step_capture)
      : stream_(stream), caching_(caching), step_capture_(step_capture) {}
  ~Pool();  // nothing may be in use
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool caching() const { return caching_; }

  // Never null, even for 0 bytes. When memory runs out, ends the process through FailDevice with the figures. `cap`
  // limits the bytes that the pool reserves from now on; 0 means no limit. The GPU must be current, as for every
  // function here.
  void* Allocate(size_t bytes, PoolUse use, int64_t cap);
  // Whether Allocate would find a free block. Always true without caching.
  bool HasRoom(size_t bytes) const;

  // Freeing takes two steps. A retired block is no longer in use; a recycled block may be handed out again.
  struct Retired {
    void* data;
    size_t bytes;
    BlockList::Block* block;
  };
  Retired Retire(void* data);
  void Recycle(const Retired& retired);

  MemoryStats Stats() const;
  void ResetPeak();

 private:
  struct Used {
    BlockList::Block* block;
    PoolUse use;
  };

  BlockList::Block* Take(size_t bytes, size_t cap);
  void Grow(size_t bytes, size_t cap);
  void* NewSegment(size_t bytes, size_t cap);
  void ReleaseUnusedSegments();
  [[noreturn]] void OutOfMemory(size_t bytes, size_t cap) const;

  const cudaStream_t stream_;
  const bool caching_;
  StepCapture* const step_capture_;
  mutable std::mutex mutex_;
  BlockList blocks_;
  std::unordered_map<void*, Used> used_;
  int segments_ = 0;
  MemoryStats stats_;
  size_t scratch_bytes_ = 0;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_MEMORY_POOL_H_
