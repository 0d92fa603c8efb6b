#include "engine/backend/cuda/memory/staging.h"

#include <algorithm>
#include <cstring>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"

namespace sg::cuda {
namespace {

cudaEvent_t NewEvent() {
  cudaEvent_t event = nullptr;
  SG_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return event;
}

}  // namespace

Staging::~Staging() {
  for (Slot& slot : small_) SG_CUDA_CHECK(cudaEventDestroy(slot.done));
  if (small_block_ != nullptr) SG_CUDA_CHECK(cudaFreeHost(small_block_));
  for (Slot& slot : large_) {
    SG_CUDA_CHECK(cudaEventDestroy(slot.done));
    SG_CUDA_CHECK(cudaEventDestroy(slot.fetched));
    SG_CUDA_CHECK(cudaFree(slot.device));
    SG_CUDA_CHECK(cudaFreeHost(slot.pinned));
  }
}

// Returns the next slot of the ring, ready to be filled. Slots are made when first needed.
Staging::Slot& Staging::Next(std::vector<Slot>& ring, size_t* next, int slots, bool large) {
  if (static_cast<int>(ring.size()) < slots) {
    Slot slot;
    slot.done = NewEvent();
    if (large) {
      slot.fetched = NewEvent();
      SG_CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&slot.pinned), kLargeBytes));
      SG_CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&slot.device), kLargeBytes));
    } else {
      if (small_block_ == nullptr) {
        SG_CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&small_block_), kSmallBytes * kSmallSlots));
      }
      slot.pinned = small_block_ + ring.size() * kSmallBytes;
    }
    ring.push_back(slot);
    return ring.back();
  }
  Slot& slot = ring[*next];
  *next = (*next + 1) % ring.size();
  if (step_capture_->IsPending(slot.done)) step_capture_->Interrupt();
  const cudaError_t state = cudaEventQuery(slot.done);
  if (state == cudaErrorNotReady) {
    SG_CUDA_CHECK(cudaEventSynchronize(slot.done));
    CountSynchronization();
  } else {
    SG_CUDA_CHECK(state);
  }
  return slot;
}

void Staging::Fetch(void* to, const void* host, size_t bytes, const Slot& slot) {
  std::memcpy(slot.pinned, host, bytes);
  SG_CUDA_CHECK(cudaMemcpyAsync(to, slot.pinned, bytes, cudaMemcpyHostToDevice, compute_));
  step_capture_->Record(slot.done);
  CountCopy();
}

void Staging::UploadSmall(void* to, const void* host, size_t bytes) {
  Fetch(to, host, bytes, Next(small_, &next_small_, kSmallSlots, false));
}

void Staging::UploadLarge(void* to, const void* host, size_t bytes) {
  const Slot& slot = Next(large_, &next_large_, large_slots_, true);
  if (step_capture_->capturing()) return Fetch(to, host, bytes, slot);
  std::memcpy(slot.pinned, host, bytes);
  SG_CUDA_CHECK(cudaMemcpyAsync(slot.device, slot.pinned, bytes, cudaMemcpyHostToDevice, copy_));
  SG_CUDA_CHECK(cudaEventRecord(slot.fetched, copy_));
  SG_CUDA_CHECK(cudaStreamWaitEvent(compute_, slot.fetched, 0));
  SG_CUDA_CHECK(cudaMemcpyAsync(to, slot.device, bytes, cudaMemcpyDeviceToDevice, compute_));
  step_capture_->Record(slot.done);
  CountCopy();
  CountCopy();
}

void Staging::Upload(void* to, const void* host, size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (bytes <= kSmallBytes) {
    if (bytes > 0) UploadSmall(to, host, bytes);
    return;
  }
  if (!step_capture_->capturing()) {
    const size_t pieces = (bytes + kLargeBytes - 1) / kLargeBytes;
    large_slots_ = std::max(large_slots_, static_cast<int>(std::min(pieces, size_t{kMostLargeSlots})));
  }
  for (size_t begin = 0; begin < bytes; begin += kLargeBytes) {
    UploadLarge(static_cast<char*>(to) + begin, static_cast<const char*>(host) + begin,
                std::min(kLargeBytes, bytes - begin));
  }
}

}  // namespace sg::cuda
