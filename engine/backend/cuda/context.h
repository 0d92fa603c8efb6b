// The state that the kernels of one GPU share: streams, memory, library handles and caches. One per GPU and process.
//
//   Context& context = ...;
//   const Scratch sums(context, bytes);         // memory for the kernels queued below
//   context.queue().Before({x}, {y});           // queued kernels that touch x or y go first
//   Launch(..., context.stream(), sums.as<float>(), ...);
#ifndef ENGINE_BACKEND_CUDA_CONTEXT_H_
#define ENGINE_BACKEND_CUDA_CONTEXT_H_

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/backend/common/scoped_buffer.h"
#include "engine/backend/cuda/conv/conv_plans.h"
#include "engine/backend/cuda/kernels/axis_tables.h"
#include "engine/backend/cuda/memory/pool.h"
#include "engine/backend/cuda/memory/staging.h"
#include "engine/backend/cuda/memory/step_capture.h"
#include "engine/backend/cuda/queue/kernel_queue.h"
#include "engine/base/device_options.h"

namespace sg::cuda {

class Context {
 public:
  Context(int index, const DeviceOptions& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Makes this GPU the current device of the calling thread. Every entry to the backend calls this.
  void MakeCurrent();

  int index() const { return index_; }
  const DeviceOptions& options() const { return options_; }
  void Configure(const DeviceOptions& options) { options_ = options; }
  int compute_capability() const { return compute_capability_; }  // 90 means 9.0
  cudaStream_t stream() const { return compute_; }
  // Made at the first use, because they cost hundreds of MiB of host and device memory.
  cublasHandle_t cublas();
  cudnnHandle_t cudnn();

  // Freed memory returns to the pool once the queued kernels that use it have been launched.
  void* Allocate(size_t bytes, PoolUse use);
  void Free(void* data);
  MemoryStats Stats() const { return pool_.Stats(); }
  void ResetPeak() { pool_.ResetPeak(); }

  KernelQueue& queue() { return queue_; }
  StepCapture& step_capture() { return step_capture_; }
  Staging& staging() { return staging_; }
  ConvPlans& conv_plans() { return conv_plans_; }
  AxisTables& axis_tables() { return axis_tables_; }

  // A phase of a training step. Does nothing without DeviceOptions::graphs.
  void BeginStep(const std::string& key);
  void EndStep();

  // Launches all queued kernels.
  void Flush();
  // Flushes and waits for the compute stream.
  void Synchronize();
  // Aborts, naming `call`, if the host may not wait because a phase is open.
  void CheckMayWait(const char* call) const;

 private:
  bool IsUsed(const Pool::Retired& block) const;
  void ReturnFreed();

  const int index_;
  DeviceOptions options_;
  int compute_capability_ = 0, multiprocessors_ = 0;
  cudaStream_t compute_ = nullptr, copy_ = nullptr;
  StepCapture step_capture_;
  Pool pool_;
  KernelQueue queue_;
  std::vector<Pool::Retired> freed_;  // while queued kernels still used them
  int64_t looked_at_ = 0;             // queue_.launches() when freed_ was last checked
  Staging staging_;
  ConvPlans conv_plans_;
  AxisTables axis_tables_;
  cublasHandle_t cublas_ = nullptr;
  void* cublas_workspace_ = nullptr;
  cudnnHandle_t cudnn_ = nullptr;
};

// A block of device memory for the kernels that are queued during its lifetime.
class Scratch : public ScopedBuffer<Context> {
 public:
  Scratch() = default;
  Scratch(Context& context, size_t bytes) : ScopedBuffer(context, context.Allocate(bytes, PoolUse::kScratch)) {}
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONTEXT_H_
