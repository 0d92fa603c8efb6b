// What the kernels of one GPU share: streams, memory, library handles, caches. One per GPU and process.
#ifndef ENGINE_BACKEND_CUDA_CONTEXT_H_
#define ENGINE_BACKEND_CUDA_CONTEXT_H_

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/cuda/conv/conv_plans.h"
#include "engine/backend/cuda/kernels/axis_tables.h"
#include "engine/backend/cuda/memory/graphs.h"
#include "engine/backend/cuda/memory/pool.h"
#include "engine/backend/cuda/memory/staging.h"
#include "engine/backend/cuda/queue/work_queue.h"
#include "engine/base/device_options.h"

namespace sg::cuda {

class Context {
 public:
  Context(int index, const DeviceOptions& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // cudart's current device belongs to the thread; every entry to the backend calls this.
  void MakeCurrent();

  int index() const { return index_; }
  const DeviceOptions& options() const { return options_; }
  void Configure(const DeviceOptions& options) { options_ = options; }
  int compute_capability() const { return compute_capability_; }  // 90 is 9.0
  cudaStream_t stream() const { return compute_; }
  // Made at the first use, for they cost hundreds of MiB of host and device memory.
  cublasHandle_t cublas();
  cudnnHandle_t cudnn();

  // What is freed goes back to the pool when the works that use it have been launched.
  void* Allocate(size_t bytes, PoolUse use);
  void Free(void* data);
  MemoryStats Stats() const { return pool_.Stats(); }
  void ResetPeak() { pool_.ResetPeak(); }

  WorkQueue& queue() { return queue_; }
  Graphs& graphs() { return graphs_; }
  Staging& staging() { return staging_; }
  ConvPlans& conv_plans() { return conv_plans_; }
  AxisTables& axis_tables() { return axis_tables_; }

  // With DeviceOptions::graphs; else nothing happens.
  void BeginStep(const std::string& key);
  void EndStep();

  // Launches all works.
  void Flush();
  // That, and waits for the compute stream.
  void Synchronize();
  // Aborts where the host may not wait, naming the call that would.
  void CheckMayWait(const char* call) const;

 private:
  bool IsUsed(const Pool::Retired& block) const;
  void ReturnFreed();

  const int index_;
  DeviceOptions options_;
  int compute_capability_ = 0, multiprocessors_ = 0;
  cudaStream_t compute_ = nullptr, copy_ = nullptr;
  Graphs graphs_;
  Pool pool_;
  WorkQueue queue_;
  std::vector<Pool::Retired> freed_;  // and used by works when they were
  int64_t looked_at_ = 0;             // launches when they were looked at
  Staging staging_;
  ConvPlans conv_plans_;
  AxisTables axis_tables_;
  cublasHandle_t cublas_ = nullptr;
  void* cublas_workspace_ = nullptr;
  cudnnHandle_t cudnn_ = nullptr;
};

// A block of device memory for the kernels queued during its life.
class Scratch {
 public:
  Scratch() = default;
  Scratch(Context& context, size_t bytes) : context_(&context), data_(context.Allocate(bytes, PoolUse::kScratch)) {}
  ~Scratch() { Reset(); }
  Scratch(Scratch&& other) noexcept { *this = std::move(other); }
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(data_, other.data_);
    return *this;
  }

  void* data() const { return data_; }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void Reset() {
    if (context_ != nullptr) context_->Free(data_);
  }

  Context* context_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONTEXT_H_
