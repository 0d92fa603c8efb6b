#include "engine/backend/cuda/cuda_backend.h"

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/backend/cuda/context.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/backend/cuda/vendor/vendor_libraries.h"

namespace sg {
namespace {

// The compute capability of the first GPUs with tensor cores for TF32 and bf16.
constexpr int kFirstWithTf32 = 80;

class CudaBackendImpl final : public Backend {
 public:
  CudaBackendImpl(int index, const DeviceOptions& options) : context_(index, options) {}

  Device device() const override { return Device::Cuda(context_.index()); }
  std::string Description() const override;
  bool IsFast(DType dtype) const override;

  void Configure(const DeviceOptions& options) {
    const Entry entry(this);
    context_.Configure(options);
  }

  void* Allocate(size_t bytes) override {
    const Entry entry(this);
    return context_.Allocate(bytes, cuda::PoolUse::kTensor);
  }
  void Free(void* data) override {
    const Entry entry(this);
    context_.Free(data);
  }
  MemoryStats Stats() const override { return context_.Stats(); }
  void ResetPeak() override { context_.ResetPeak(); }
  std::vector<std::string> Convolutions() {
    const Entry entry(this);
    return context_.conv_plans().Describe();
  }
  void CopyFromHost(void* to, const void* host, size_t bytes) override {
    const Entry entry(this);
    context_.queue().Before({}, {cuda::MemoryRange(to, static_cast<int64_t>(bytes))});
    context_.staging().Upload(to, host, bytes);
  }
  void CopyToHost(void* host, const void* from, size_t bytes) override;
  void Synchronize() override {
    const Entry entry(this);
    context_.Synchronize();
  }
  void BeginStep(const std::string& key) override {
    const Entry entry(this);
    context_.BeginStep(key);
  }
  void EndStep() override {
    const Entry entry(this);
    context_.EndStep();
  }

 protected:
  Kernels* BeginKernel() override {
    mutex_.lock();
    context_.MakeCurrent();
    return &kernels_;
  }
  void EndKernel() override { mutex_.unlock(); }

 private:
  // Held during every call into the backend, because all threads share its context.
  struct Entry {
    explicit Entry(CudaBackendImpl* backend) : lock(backend->mutex_) { backend->context_.MakeCurrent(); }
    const std::lock_guard<std::mutex> lock;
  };

  std::mutex mutex_;
  mutable cuda::Context context_;
  cuda::CudaKernels kernels_{context_};
};

std::string CudaBackendImpl::Description() const {
  cudaDeviceProp properties;
  SG_CUDA_CHECK(cudaGetDeviceProperties(&properties, context_.index()));
  int driver = 0;
  SG_CUDA_CHECK(cudaDriverGetVersion(&driver));
  const size_t cudnn = cudnnGetVersion();
  int cublas_major = 0, cublas_minor = 0, cublas_patch = 0;
  SG_CUBLAS_CHECK(cublasGetProperty(MAJOR_VERSION, &cublas_major));
  SG_CUBLAS_CHECK(cublasGetProperty(MINOR_VERSION, &cublas_minor));
  SG_CUBLAS_CHECK(cublasGetProperty(PATCH_LEVEL, &cublas_patch));
  const bool tf32 = context_.options().tf32 && context_.compute_capability() >= kFirstWithTf32;
  return absl::StrCat(properties.name, ", compute capability ", properties.major, ".", properties.minor, ", ",
                      properties.multiProcessorCount, " multiprocessors, ", properties.totalGlobalMem >> 20,
                      " MiB, CUDA ", CUDART_VERSION / 1000, ".", CUDART_VERSION % 1000 / 10, " (driver ", driver / 1000,
                      ".", driver % 1000 / 10, "), cuDNN ", cudnn / 10000, ".", cudnn % 10000 / 100, ".", cudnn % 100,
                      ", cuBLAS ", cublas_major, ".", cublas_minor, ".", cublas_patch, tf32 ? ", TF32" : "",
                      context_.options().deterministic ? ", deterministic" : "");
}

bool CudaBackendImpl::IsFast(DType dtype) const {
  return dtype == DType::kF32 || (dtype == DType::kBF16 && context_.compute_capability() >= kFirstWithTf32);
}

void CudaBackendImpl::CopyToHost(void* host, const void* from, size_t bytes) {
  const Entry entry(this);
  context_.CheckMayWait("CopyToHost");
  context_.Flush();
  if (bytes > 0) {
    SG_CUDA_CHECK(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, context_.stream()));
    cuda::CountCopy();
  }
  context_.Synchronize();
}

// The GPUs of the process and their backends.
struct State {
  std::mutex mutex;
  bool probed = false;
  int devices = 0;
  std::string why_none;
  std::vector<std::unique_ptr<CudaBackendImpl>> backends;
  std::map<int, DeviceOptions> options;  // by index; may name GPUs that do not exist
};

State& GlobalState() {
  static State* const state = new State;
  return *state;
}

void Probe(State& state) {
  if (state.probed) return;
  state.probed = true;
  const cudaError_t error = cudaGetDeviceCount(&state.devices);
  if (error != cudaSuccess) {
    cudaGetLastError();
    state.devices = 0;
    state.why_none = error == cudaErrorInsufficientDriver
                         ? absl::StrCat("no NVIDIA driver, or one older than CUDA ", CUDART_VERSION / 1000, " needs")
                         : absl::StrCat("no usable GPU: ", cudaGetErrorString(error));
  } else if (state.devices == 0) {
    state.why_none = "no NVIDIA GPU";
  } else if (!cuda::LoadVendorLibraries(&state.why_none)) {
    state.devices = 0;
  }
  state.backends.resize(static_cast<size_t>(state.devices));
}

}  // namespace

Backend* CudaBackend(int index) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  Probe(state);
  if (index < 0 || index >= state.devices) return nullptr;
  std::unique_ptr<CudaBackendImpl>& backend = state.backends[static_cast<size_t>(index)];
  if (backend == nullptr) backend = std::make_unique<CudaBackendImpl>(index, state.options[index]);
  return backend.get();
}

std::string CudaUnavailableReason(int index) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  Probe(state);
  if (index >= 0 && index < state.devices) return "";
  if (state.devices == 0) return state.why_none;
  return absl::StrCat("GPU ", index, " of ", state.devices, ", counted from 0");
}

void ConfigureCudaBackend(int index, const DeviceOptions& options) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.options[index] = options;
  if (index < 0 || index >= static_cast<int>(state.backends.size())) return;
  if (const auto& backend = state.backends[static_cast<size_t>(index)]; backend != nullptr) backend->Configure(options);
}

DeviceOptions CudaBackendOptions(int index) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  const auto found = state.options.find(index);
  return found != state.options.end() ? found->second : DeviceOptions();
}

std::vector<std::string> CudaConvolutions(int index) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (index < 0 || index >= static_cast<int>(state.backends.size())) return {};
  const auto& backend = state.backends[static_cast<size_t>(index)];
  return backend != nullptr ? backend->Convolutions() : std::vector<std::string>();
}

void ReleaseCudaBackends() {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  for (std::unique_ptr<CudaBackendImpl>& backend : state.backends) backend.reset();
}

}  // namespace sg
