#include "engine/backend/ref/ref_backend.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <unordered_map>

#include "engine/backend/common/host_memory.h"
#include "engine/backend/ref/ref_kernels.h"
#include "engine/base/check.h"
#include "engine/base/device_failure.h"

namespace sg {
namespace {

constexpr std::align_val_t kAlignment{64};

class RefBackendImpl final : public Backend {
 public:
  Device device() const override { return Device::Ref(); }
  std::string Description() const override { return "reference: naive loops, one thread"; }
  bool IsFast(DType dtype) const override { return dtype == DType::kF32 || dtype == DType::kF64; }

  void* Allocate(size_t bytes) override;
  void Free(void* data) override;
  MemoryStats Stats() const override;
  void ResetPeak() override;
  void CopyFromHost(void* to, const void* host, size_t bytes) override { std::memcpy(to, host, bytes); }
  void CopyToHost(void* host, const void* from, size_t bytes) override { std::memcpy(host, from, bytes); }
  void Synchronize() override {}

 protected:
  Kernels* BeginKernel() override { return &kernels_; }

 private:
  ref::RefKernels kernels_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, size_t> sizes_;
  MemoryStats stats_;
};

// Not pooled: each buffer is a separate allocation of exactly `bytes`, which lets AddressSanitizer catch a kernel that
// writes past its end.
void* RefBackendImpl::Allocate(size_t bytes) {
  void* data = ::operator new(bytes, kAlignment, std::nothrow);
  if (data == nullptr) {
    const MemoryStats stats = Stats();
    FailDevice(OutOfHostMemory("[Allocate]", bytes, stats, "", stats.live_bytes));
  }
  std::memset(data, 0xff, bytes);  // NaN in every floating dtype, to expose reads of unwritten memory
  std::lock_guard<std::mutex> lock(mutex_);
  sizes_[data] = bytes;
  stats_.live_bytes += bytes;
  stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
  ++stats_.live_buffers;
  ++stats_.allocations;
  return data;
}

void RefBackendImpl::Free(void* data) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = sizes_.find(data);
    SG_CHECK(found != sizes_.end()) << "[Free] " << data << " is not a live buffer of this backend";
    stats_.live_bytes -= found->second;
    --stats_.live_buffers;
    sizes_.erase(found);
  }
  ::operator delete(data, kAlignment);
}

MemoryStats RefBackendImpl::Stats() const {
  std::lock_guard<std::mutex> lock(mutex_);
  MemoryStats stats = stats_;
  stats.reserved_bytes = stats.live_bytes;
  stats.system_allocations = stats.allocations;
  return stats;
}

void RefBackendImpl::ResetPeak() {
  std::lock_guard<std::mutex> lock(mutex_);
  stats_.peak_bytes = stats_.live_bytes;
}

}  // namespace

Backend* RefBackend() {
  static Backend* const backend = new RefBackendImpl;
  return backend;
}

}  // namespace sg
