#include "engine/backend/cuda/context.h"

#include <algorithm>
#include <cstdint>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// NVIDIA's recommendation for Hopper and later; smaller GPUs need less. Taken from our pool, since cuBLAS would
// otherwise allocate.
constexpr size_t kCublasWorkspaceBytes = size_t{32} << 20;

int Attribute(cudaDeviceAttr attribute, int index) {
  int value = 0;
  SG_CUDA_CHECK(cudaDeviceGetAttribute(&value, attribute, index));
  return value;
}

int64_t MemoryBytes(int index) {
  cudaDeviceProp properties;
  SG_CUDA_CHECK(cudaGetDeviceProperties(&properties, index));
  return static_cast<int64_t>(properties.totalGlobalMem);
}

// The current device of this thread, or -1 if we have not set it.
thread_local int current_device = -1;

void SetCurrentDevice(int index) {
  if (current_device == index) return;
  SG_CUDA_CHECK(cudaSetDevice(index));
  current_device = index;
}

cudaStream_t NewStream(int index) {
  SetCurrentDevice(index);
  cudaStream_t stream = nullptr;
  SG_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

}  // namespace

Context::Context(int index, const DeviceOptions& options)
    : index_(index),
      options_(options),
      compute_capability_(10 * Attribute(cudaDevAttrComputeCapabilityMajor, index) +
                          Attribute(cudaDevAttrComputeCapabilityMinor, index)),
      multiprocessors_(Attribute(cudaDevAttrMultiProcessorCount, index)),
      compute_(NewStream(index)),
      copy_(NewStream(index)),
      step_capture_(compute_),
      pool_(compute_, options_.cache_memory, &step_capture_),
      queue_(compute_, multiprocessors_),
      staging_(compute_, copy_, &step_capture_),
      conv_plans_(&step_capture_, compute_capability_, MemoryBytes(index)) {}

Context::~Context() {
  MakeCurrent();
  Synchronize();
  SG_CUDA_CHECK(cudaStreamSynchronize(copy_));
  step_capture_.Clear();
  conv_plans_.Clear();
  axis_tables_.Clear(this);
  if (cudnn_ != nullptr) SG_CUDNN_CHECK(cudnnDestroy(cudnn_));
  if (cublas_ != nullptr) SG_CUBLAS_CHECK(cublasDestroy(cublas_));
  Free(cublas_workspace_);
  Synchronize();  // Free may have queued a cudaFreeAsync
  SG_CUDA_CHECK(cudaStreamDestroy(copy_));
  SG_CUDA_CHECK(cudaStreamDestroy(compute_));
}

void Context::MakeCurrent() { SetCurrentDevice(index_); }

void* Context::Allocate(size_t bytes, PoolUse use) {
  // Launching what waits may free enough, and is better than reserving more memory.
  ReturnFreed();
  if (!freed_.empty() && !pool_.HasRoom(bytes)) Flush();
  return pool_.Allocate(bytes, use, options_.memory_cap);
}

void Context::Free(void* data) {
  if (data == nullptr) return;
  const Pool::Retired block = pool_.Retire(data);
  IsUsed(block) ? freed_.push_back(block) : pool_.Recycle(block);
}

bool Context::IsUsed(const Pool::Retired& block) const {
  return queue_.Uses(MemoryRange(block.data, static_cast<int64_t>(block.bytes)));
}

void Context::ReturnFreed() {
  if (queue_.launches() == looked_at_) return;
  looked_at_ = queue_.launches();
  const auto unused = std::partition(freed_.begin(), freed_.end(), [this](const auto& block) { return IsUsed(block); });
  std::for_each(unused, freed_.end(), [this](const auto& block) { pool_.Recycle(block); });
  freed_.erase(unused, freed_.end());
}

void Context::Flush() {
  queue_.Flush();
  ReturnFreed();
}

cublasHandle_t Context::cublas() {
  if (cublas_ == nullptr) {
    // First, because it may fail: a caller that recovers must not find a handle that is half set up.
    if (cublas_workspace_ == nullptr) cublas_workspace_ = Allocate(kCublasWorkspaceBytes, PoolUse::kScratch);
    step_capture_.Interrupt();
    SG_CUBLAS_CHECK(cublasCreate(&cublas_));
    SG_CUBLAS_CHECK(cublasSetStream(cublas_, compute_));
    SG_CUBLAS_CHECK(cublasSetWorkspace(cublas_, cublas_workspace_, kCublasWorkspaceBytes));
    // Partial sums of bf16 products stay in f32, as kernel_args.h promises.
    SG_CUBLAS_CHECK(cublasSetMathMode(
        cublas_, static_cast<cublasMath_t>(CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION)));
  }
  return cublas_;
}

cudnnHandle_t Context::cudnn() {
  if (cudnn_ == nullptr) {
    step_capture_.Interrupt();
    SG_CUDNN_CHECK(cudnnCreate(&cudnn_));
    SG_CUDNN_CHECK(cudnnSetStream(cudnn_, compute_));
  }
  return cudnn_;
}

void Context::BeginStep(const std::string& key) {
  if (!options_.graphs) return;
  SG_CHECK(pool_.caching()) << "[CUDA] BeginStep(\"" << key
                            << "\"): without DeviceOptions::cache_memory every buffer would be a node of the graph";
  Flush();
  step_capture_.Begin(key);
}

void Context::EndStep() {
  if (!step_capture_.open()) return;
  Flush();
  step_capture_.End();
}

void Context::CheckMayWait(const char* call) const {
  SG_CHECK(!step_capture_.open())
      << "[CUDA] " << call << " between BeginStep(\"" << step_capture_.key()
      << "\") and EndStep: what it would wait for has not begun. Read results after EndStep";
}

void Context::Synchronize() {
  CheckMayWait("Synchronize");
  Flush();
  SG_CUDA_CHECK(cudaStreamSynchronize(compute_));
  CountSynchronization();
}

}  // namespace sg::cuda
