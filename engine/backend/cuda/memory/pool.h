// The device memory of one GPU: a caching allocator over large cudaMalloc segments.
//
// Stream-ordered: whatever uses a block is queued on the one compute stream, so a block may be handed out again the
// moment it is freed, while the kernels that used it have yet to run. (The copy stream touches the staging buffers
// only.)
//
// Best fit; blocks split on Allocate and coalesce on Free. Segments without a used block go back to the driver only
// when it has no more memory. Safe to call from several threads.
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

// Who holds a block. MemoryStats counts tensors only, so that scratch and cached tables do not look like leaks;
// reserved_bytes covers both.
enum class PoolUse : uint8_t { kTensor, kScratch };

class Pool {
 public:
  static constexpr size_t kAlignment = 512;
  static constexpr size_t kSegmentBytes = size_t{64} << 20;

  // Without `caching` every block is a cudaMallocAsync of exactly the bytes asked for, on `stream`: slower, and
  // compute-sanitizer then sees every access beyond a block.
  // Segments are returned only after the capture that goes on has been launched, for its kernels may use blocks that
  // are free by now.
  Pool(cudaStream_t stream, bool caching, StepCapture* step_capture)
      : stream_(stream), caching_(caching), step_capture_(step_capture) {}
  ~Pool();  // nothing may be in use
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool caching() const { return caching_; }

  // Never null, also for 0 bytes. Ends the process with the figures when memory runs out. `cap` limits what the pool
  // reserves from now on; 0 is no limit. The GPU must be current, as for every function here.
  void* Allocate(size_t bytes, PoolUse use, int64_t cap);
  // Whether Allocate would find a free block; without caching there is none, and always room.
  bool HasRoom(size_t bytes) const;

  // Freeing, in two steps: a retired block is not in use any more; recycled it may be handed out again.
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
