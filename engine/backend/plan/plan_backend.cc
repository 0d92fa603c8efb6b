#include "engine/backend/plan/plan_backend.h"

#include <algorithm>
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
    next_ += 64;  // never dereferenced
    sizes_[next_] = size;
    stats_.live_bytes += size;
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.live_bytes);
    stats_.reserved_bytes = std::max(stats_.reserved_bytes, stats_.live_bytes);
    ++stats_.live_buffers;
    ++stats_.allocations;
    return next_;
  }
  void Free(void* data) override {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = sizes_.find(static_cast<char*>(data));
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

  void Fill(const FillArgs&) override {}
  void Unary(const UnaryArgs&) override {}
  void Binary(const BinaryArgs&) override {}
  void Where(const WhereArgs&) override {}
  void Cast(const CastArgs&) override {}
  void StridedCopy(const StridedCopyArgs&) override {}
  void Reduce(const ReduceArgs&) override {}
  void MatMul(const MatMulArgs&) override {}
  void Conv2d(const Conv2dArgs&) override {}
  void Conv2dInputGrad(const Conv2dInputGradArgs&) override {}
  void Conv2dWeightGrad(const Conv2dWeightGradArgs&) override {}
  void UpFirDn2d(const UpFirDn2dArgs&) override {}
  void BiasAct(const BiasActArgs&) override {}
  void BiasActGrad(const BiasActGradArgs&) override {}
  void Random(const RandomArgs&) override {}
  void AdamStep(const AdamStepArgs&) override {}
  void Lerp(const LerpArgs&) override {}
  void SquaredNorm(const SquaredNormArgs&) override {}

 private:
  mutable std::mutex mutex_;
  std::unordered_map<char*, int64_t> sizes_;
  char* next_ = nullptr;
  MemoryStats stats_;
};

}  // namespace

Backend* PlanBackend() {
  static Planner* const backend = new Planner;
  return backend;
}

}  // namespace sg
