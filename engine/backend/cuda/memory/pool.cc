#include "engine/backend/cuda/memory/pool.h"

#include <algorithm>
#include <sstream>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"
#include "engine/base/device_failure.h"

namespace sg::cuda {
namespace {

constexpr size_t kPage = size_t{2} << 20;  // the driver's mapping granularity
constexpr size_t kLargest = size_t{1} << 46;

size_t RoundUp(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Large blocks are rounded more, because nearly equal sizes can then reuse one block instead of leaving slivers.
size_t BlockSize(size_t bytes) {
  constexpr size_t kLarge = size_t{1} << 20, kLargeUnit = size_t{64} << 10;
  return bytes < kLarge ? RoundUp(std::max<size_t>(bytes, 1), Pool::kAlignment) : RoundUp(bytes, kLargeUnit);
}

double MiB(int64_t bytes) { return bytes / 1048576.0; }

}  // namespace

Pool::~Pool() {
  SG_CHECK(used_.empty()) << "[Pool] " << used_.size() << " blocks are still in use";
  ReleaseUnusedSegments();
}

// Returns `bytes` from the driver, or null.
void* Pool::NewSegment(size_t bytes, size_t cap) {
  if (cap != 0 && stats_.reserved_bytes + bytes > cap) return nullptr;
  void* data = nullptr;
  const cudaError_t error = caching_ ? cudaMalloc(&data, bytes) : cudaMallocAsync(&data, bytes, stream_);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // clears the error, since the caller can still release segments
    return nullptr;
  }
  SG_CUDA_CHECK(error);
  return data;
}

void Pool::ReleaseUnusedSegments() {
  for (BlockList::Block* block : blocks_.FreeSegments()) {
    // cudaFree waits for kernels that may still use the segment.
    SG_CUDA_CHECK(cudaFree(block->data));
    CountSynchronization();
    stats_.reserved_bytes -= static_cast<int64_t>(block->size);
    --segments_;
    blocks_.RemoveSegment(block);
  }
}

// Adds a free block of at least `bytes` that is a whole segment.
void Pool::Grow(size_t bytes, size_t cap) {
  size_t size = bytes;
  void* data = nullptr;
  if (bytes <= kLargest) {
    if (caching_) size = std::max(kSegmentBytes, RoundUp(bytes, kPage));
    data = NewSegment(size, cap);
    if (data == nullptr) {
      step_capture_->Interrupt();
      ReleaseUnusedSegments();
      data = NewSegment(size, cap);
    }
    if (data == nullptr && caching_) {
      size = RoundUp(bytes, kPage);
      data = NewSegment(size, cap);
    }
  }
  if (data == nullptr) OutOfMemory(bytes, cap);
  ++segments_;
  ++stats_.system_allocations;
  stats_.reserved_bytes += static_cast<int64_t>(size);
  blocks_.AddSegment(data, size);
}

BlockList::Block* Pool::Take(size_t bytes, size_t cap) {
  size_t size = bytes;
  if (!caching_) {
    size = std::max<size_t>(bytes, 1);
  } else if (bytes <= kLargest) {
    size = BlockSize(bytes);
  }
  BlockList::Block* block = blocks_.Take(size);
  if (block == nullptr) {
    Grow(size, cap);
    block = blocks_.Take(size);
  }
  return block;
}

void Pool::OutOfMemory(size_t bytes, size_t cap) const {
  size_t device_free = 0, device_total = 0;
  const bool known = cudaMemGetInfo(&device_free, &device_total) == cudaSuccess;
  std::ostringstream message;
  message << "[Pool] out of GPU memory: " << MiB(bytes) << " MiB asked for; " << MiB(stats_.live_bytes)
          << " MiB live in " << stats_.live_buffers << " tensors, " << MiB(scratch_bytes_) << " in scratch and tables, "
          << MiB(stats_.reserved_bytes) << " reserved in " << segments_ << " segments (largest free block "
          << MiB(blocks_.LargestFree());
  if (cap != 0) message << ", capped at " << MiB(cap);
  message << ")";
  if (known) message << "; the GPU has " << MiB(device_free) << " of " << MiB(device_total) << " MiB free";
  message << ". A smaller batch takes less";
  DeviceFailure failure;
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.recoverable = true;
  failure.message = message.str();
  // Excludes memory held by other processes, by cuDNN and cuBLAS, and by our scratch.
  int64_t reservable = known ? stats_.reserved_bytes + static_cast<int64_t>(device_free) : 0;
  if (cap != 0 && (!known || static_cast<int64_t>(cap) < reservable)) reservable = static_cast<int64_t>(cap);
  failure.capacity_bytes = std::max<int64_t>(reservable - static_cast<int64_t>(scratch_bytes_), 0);
  FailDevice(failure);
}

void* Pool::Allocate(size_t bytes, PoolUse use, int64_t cap) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BlockList::Block* block = Take(bytes, static_cast<size_t>(cap));
  used_.emplace(block->data, Used{block, use});
  if (use == PoolUse::kTensor) {
    ++stats_.allocations;
    ++stats_.live_buffers;
    stats_.live_bytes += static_cast<int64_t>(block->size);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  } else {
    scratch_bytes_ += block->size;
    stats_.peak_scratch_bytes = std::max(stats_.peak_scratch_bytes, static_cast<int64_t>(scratch_bytes_));
  }
  return block->data;
}

bool Pool::HasRoom(size_t bytes) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !caching_ || (bytes <= kLargest && blocks_.HasRoom(BlockSize(bytes)));
}

Pool::Retired Pool::Retire(void* data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = used_.find(data);
  SG_CHECK(found != used_.end()) << "[Pool] " << data << " was not allocated here or is already free";
  const auto [block, use] = found->second;
  used_.erase(found);
  if (use == PoolUse::kTensor) {
    --stats_.live_buffers;
    stats_.live_bytes -= static_cast<int64_t>(block->size);
  } else {
    scratch_bytes_ -= block->size;
  }
  return {block->data, block->size, block};
}

void Pool::Recycle(const Retired& retired) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BlockList::Block* block = retired.block;
  blocks_.Return(block);
  if (caching_) return;
  SG_CUDA_CHECK(cudaFreeAsync(block->data, stream_));
  --segments_;
  stats_.reserved_bytes -= static_cast<int64_t>(block->size);
  blocks_.RemoveSegment(block);
}

MemoryStats Pool::Stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stats_;
}

void Pool::ResetPeak() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stats_.peak_bytes = stats_.live_bytes;
  stats_.peak_scratch_bytes = static_cast<int64_t>(scratch_bytes_);
}

}  // namespace sg::cuda
