#include "engine/backend/cuda/memory/pool.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"
#include "engine/base/device_failure.h"

namespace sg::cuda {
namespace {

constexpr size_t kPage = size_t{2} << 20;  // what the driver maps at a time
constexpr size_t kLargest = size_t{1} << 46;

size_t RoundUp(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Large blocks are rounded more, so that nearly equal sizes share one block instead of leaving slivers between them.
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

// `bytes` from the driver, or null.
void* Pool::NewSegment(size_t bytes, size_t cap) {
  if (cap != 0 && stats_.reserved_bytes + bytes > cap) return nullptr;
  void* data = nullptr;
  const cudaError_t error = caching_ ? cudaMalloc(&data, bytes) : cudaMallocAsync(&data, bytes, stream_);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // clears it: the caller has other means
    return nullptr;
  }
  SG_CUDA_CHECK(error);
  return data;
}

void Pool::ReleaseUnusedSegments() {
  std::vector<Block*> whole;
  for (Block* block : free_) {
    if (block->previous == nullptr && block->next == nullptr) whole.push_back(block);
  }
  for (Block* block : whole) {
    // cudaFree waits for the kernels that may still use the segment.
    SG_CUDA_CHECK(cudaFree(block->data));
    CountSynchronization();
    stats_.reserved_bytes -= static_cast<int64_t>(block->size);
    --segments_;
    free_.erase(block);
    delete block;
  }
}

// A block that is its own segment.
Pool::Block* Pool::Grow(size_t bytes, size_t cap) {
  size_t size = bytes;
  void* data = nullptr;
  if (bytes <= kLargest) {
    if (caching_) size = std::max(kSegmentBytes, RoundUp(bytes, kPage));
    data = NewSegment(size, cap);
    if (data == nullptr) {
      graphs_->Interrupt();
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
  return new Block{static_cast<char*>(data), size, nullptr, nullptr, true, PoolUse::kTensor};
}

// The smallest free block that holds `bytes`, cut to that size.
Pool::Block* Pool::Reuse(size_t bytes, size_t cap) {
  const size_t size = bytes <= kLargest ? BlockSize(bytes) : bytes;
  const auto fit = free_.lower_bound(size);
  Block* block = nullptr;
  if (fit != free_.end()) {
    block = *fit;
    free_.erase(fit);
  } else {
    block = Grow(size, cap);
  }
  Split(block, size);
  return block;
}

void Pool::OutOfMemory(size_t bytes, size_t cap) const {
  size_t device_free = 0, device_total = 0;
  const bool known = cudaMemGetInfo(&device_free, &device_total) == cudaSuccess;
  const size_t largest = free_.empty() ? 0 : (*free_.rbegin())->size;
  std::ostringstream message;
  message << "[Pool] out of GPU memory: " << MiB(bytes) << " MiB asked for; " << MiB(stats_.live_bytes)
          << " MiB live in " << stats_.live_buffers << " tensors, " << MiB(scratch_bytes_) << " in scratch and tables, "
          << MiB(stats_.reserved_bytes) << " reserved in " << segments_ << " segments (largest free block "
          << MiB(largest);
  if (cap != 0) message << ", capped at " << MiB(cap);
  message << ")";
  if (known) message << "; the GPU has " << MiB(device_free) << " of " << MiB(device_total) << " MiB free";
  message << ". A smaller batch takes less";
  DeviceFailure failure;
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.recoverable = true;
  failure.message = message.str();
  // What others have of the GPU, and the libraries' own memory, cannot be had; nor what our scratch takes.
  int64_t reservable = known ? stats_.reserved_bytes + static_cast<int64_t>(device_free) : 0;
  if (cap != 0 && (!known || static_cast<int64_t>(cap) < reservable)) reservable = static_cast<int64_t>(cap);
  failure.capacity_bytes = std::max<int64_t>(reservable - static_cast<int64_t>(scratch_bytes_), 0);
  FailDevice(failure);
}

void Pool::Split(Block* block, size_t size) {
  if (block->size == size) return;
  Block* rest = new Block{block->data + size, block->size - size, block, block->next, true, PoolUse::kTensor};
  if (rest->next != nullptr) rest->next->previous = rest;
  block->next = rest;
  block->size = size;
  free_.insert(rest);
}

void Pool::MergeWithNext(Block* block) {
  Block* next = block->next;
  block->size += next->size;
  block->next = next->next;
  if (block->next != nullptr) block->next->previous = block;
  delete next;
}

// Makes the block available again, as one with its free neighbors.
void Pool::Return(Block* block) {
  block->free = true;
  if (block->next != nullptr && block->next->free) {
    free_.erase(block->next);
    MergeWithNext(block);
  }
  if (block->previous != nullptr && block->previous->free) {
    block = block->previous;
    free_.erase(block);
    MergeWithNext(block);
  }
  free_.insert(block);
}

void* Pool::Allocate(size_t bytes, PoolUse use, int64_t cap) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t limit = static_cast<size_t>(cap);
  Block* block = caching_ ? Reuse(bytes, limit) : Grow(std::max<size_t>(bytes, 1), limit);
  block->free = false;
  block->use = use;
  used_.emplace(block->data, block);
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
  return !caching_ || (bytes <= kLargest && free_.lower_bound(BlockSize(bytes)) != free_.end());
}

Pool::Retired Pool::Retire(void* data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = used_.find(data);
  SG_CHECK(found != used_.end()) << "[Pool] " << data << " was not allocated here or is already free";
  Block* block = found->second;
  used_.erase(found);
  if (block->use == PoolUse::kTensor) {
    --stats_.live_buffers;
    stats_.live_bytes -= static_cast<int64_t>(block->size);
  } else {
    scratch_bytes_ -= block->size;
  }
  return {block->data, block->size, block};
}

void Pool::Recycle(const Retired& retired) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Block* block = retired.block;
  if (caching_) return Return(block);
  SG_CUDA_CHECK(cudaFreeAsync(block->data, stream_));
  --segments_;
  stats_.reserved_bytes -= static_cast<int64_t>(block->size);
  delete block;
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
