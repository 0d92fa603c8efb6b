#include "engine/backend/plan/plan_backend.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "engine/base/check.h"

namespace sg {
namespace {

class Planner final : public Backend {
 public:
  Device device() const override { return Device::Plan(); }
  std::string Description() const override { return "plan: counts memory, computes nothing"; }
  bool IsFast(DType) const override { return true; }

  void* Allocate(size_t bytes) override {
    std::lock_guard<std::mutex> lock(mutex_);
    const int64_t size = static_cast<int64_t>((bytes + 63) / 64 * 64);
    void* const data = reinterpret_cast<void*>(next_ += 64);  // never dereferenced
    sizes_[data] = size;
    stats_.live_bytes += size;
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
    stats_.reserved_bytes = std::max(stats_.reserved_bytes, stats_.live_bytes);
    ++stats_.live_buffers;
    ++stats_.allocations;
    return data;
  }
  void Free(void* data) override {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = sizes_.find(data);
    SG_CHECK(it != sizes_.end()) << "[Plan] free of a buffer that was not allocated";
    stats_.live_bytes -= it->second;
    --stats_.live_buffers;
    sizes_.erase(it);
  }
  MemoryStats Stats() const override {
    std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }
  void ResetPeak() override {
    std::lock_guard<std::mutex> lock(mutex_);
    stats_.peak_bytes = stats_.live_bytes;
  }
  void CopyFromHost(void*, const void*, size_t) override {}
  void CopyToHost(void* host, const void*, size_t bytes) override { std::memset(host, 0, bytes); }
  void Synchronize() override {}

 protected:
  Kernels* BeginKernel() override { return nullptr; }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<void*, int64_t> sizes_;
  uintptr_t next_ = 0;
  MemoryStats stats_;
};

}  // namespace

Backend* PlanBackend() {
  static Planner* const backend = new Planner;
  return backend;
}

}  // namespace sg
