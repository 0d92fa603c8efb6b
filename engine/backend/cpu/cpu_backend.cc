#include "engine/backend/cpu/cpu_backend.h"

#include <omp.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/backend/check_args.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/host/host_info.h"
#include "engine/backend/cpu/memory/packed_weights.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/cpu/onednn/onednn.h"
#include "engine/base/check.h"

namespace sg {
namespace {

// OMP_NUM_THREADS is the explicit wish of the user and takes precedence over our count.
int DefaultThreads() { return std::getenv("OMP_NUM_THREADS") != nullptr ? omp_get_max_threads() : cpu::UsableCores(); }

std::atomic<int>& Threads() {
  static std::atomic<int> threads{DefaultThreads()};
  return threads;
}

// OpenMP keeps the thread count per calling thread, so each kernel call updates it for its own thread.
void ApplyThreads() {
  thread_local int applied = 0;
  const int wanted = Threads().load(std::memory_order_relaxed);
  if (applied == wanted) return;
  omp_set_num_threads(wanted);
  applied = wanted;
}

class CpuBackendImpl final : public Backend {
 public:
  Device device() const override { return Device::Cpu(); }
  std::string Description() const override {
    const dnnl_version_t* version = dnnl_version();
    const int threads = Threads();
    return absl::StrCat("CPU: ", cpu::ProcessorName(), ", ", cpu::InstructionSet(), ", ", threads,
                        threads == 1 ? " thread" : " threads", ", oneDNN ", version->major, ".", version->minor, ".",
                        version->patch);
  }
  bool IsFast(DType dtype) const override {
    return dtype == DType::kF32 || (dtype == DType::kBF16 && cpu::HasBf16Instructions());
  }

  void* Allocate(size_t bytes) override { return cpu::CpuPool().Allocate(bytes); }
  void Free(void* data) override {
    if (data == nullptr) return;
    cpu::CpuPackedWeights().Forget(data);
    cpu::CpuPool().Free(data);
  }
  MemoryStats Stats() const override { return cpu::CpuPool().Stats(); }
  void ResetPeak() override { cpu::CpuPool().ResetPeak(); }
  void CopyFromHost(void* to, const void* host, size_t bytes) override {
    if (bytes > 0) std::memcpy(to, host, bytes);
  }
  void CopyToHost(void* host, const void* from, size_t bytes) override {
    if (bytes > 0) std::memcpy(host, from, bytes);
  }
  void Synchronize() override {}

 protected:
  Kernels* BeginKernel() override {
    ApplyThreads();
    return &kernels_;
  }

 private:
  cpu::CpuKernels kernels_;
};

}  // namespace

Backend* CpuBackend() {
  static Backend* const backend = new CpuBackendImpl;
  return backend;
}

void ConfigureCpuBackend(const DeviceOptions& options) {
  SG_CHECK(options.threads >= 0) << "[ConfigureDevice] " << options.threads << " threads";
  Threads() = options.threads > 0 ? options.threads : DefaultThreads();
  cpu::CpuPool().SetCap(options.memory_cap);
}

DeviceOptions CpuBackendOptions() {
  DeviceOptions options;
  options.threads = Threads();
  options.memory_cap = cpu::CpuPool().cap();
  return options;
}

void CpuConv2dBy(cpu::ConvMethod method, const Conv2dArgs& args) {
  CheckArgs(args);
  ApplyThreads();
  cpu::CpuKernels().Conv2dBy(method, args);
}

void CpuConv2dInputGradBy(cpu::ConvMethod method, const Conv2dInputGradArgs& args) {
  CheckArgs(args);
  ApplyThreads();
  cpu::CpuKernels().Conv2dInputGradBy(method, args);
}

void CpuConv2dWeightGradBy(cpu::ConvMethod method, const Conv2dWeightGradArgs& args) {
  CheckArgs(args);
  ApplyThreads();
  cpu::CpuKernels().Conv2dWeightGradBy(method, args);
}

}  // namespace sg
