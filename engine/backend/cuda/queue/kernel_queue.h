// The queue of small kernels. Launching them one by one would cost more than running them, so they wait here until
// something needs their results. All that are ready then share one launch (interpreter.h). For example, the gradient of
// a bias is a sum that only the optimizer reads, so it joins a launch that is made for something else.
//
// An elementwise kernel that reads another's result only at its own index joins it in one group, because the same
// thread has written what it reads.
//
//   queue.Add("Mul", kernel, {{a, /*in_place=*/true}, {b}}, y);  // runs later
//   queue.Before({x, w}, {y});  // launches what a cuDNN call with these operands has to wait for
//
// A buffer that a waiting kernel uses returns to the pool after that kernel is launched: see Context::Free.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_KERNEL_QUEUE_H_
#define ENGINE_BACKEND_CUDA_QUEUE_KERNEL_QUEUE_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/types/span.h"
#include "engine/backend/cuda/queue/queued_kernel.h"
#include "engine/backend/tensor_view.h"

namespace sg::cuda {

// Device memory that a kernel or a library call reads or writes.
struct MemoryRange {
  MemoryRange() = default;
  MemoryRange(const void* data, int64_t bytes)
      : begin(static_cast<const char*>(data)), end(static_cast<const char*>(data) + bytes) {}
  // NOLINTNEXTLINE(google-explicit-constructor): Add and Before take tensors.
  MemoryRange(const TensorView& t) : MemoryRange(t.data, t.data == nullptr ? 0 : t.NumBytes()) {}

  bool Overlaps(const MemoryRange& other) const { return begin < other.end && other.begin < end; }

  const char* begin = nullptr;
  const char* end = nullptr;
};

struct KernelInput {
  MemoryRange range;
  bool in_place = false;  // element i is read only to compute element i of the result
};

class KernelQueue {
 public:
  KernelQueue(cudaStream_t stream, int multiprocessors) : stream_(stream), multiprocessors_(multiprocessors) {}

  // Queues a kernel. `name` is a literal and is used when the kernel is launched alone. The GPU must be current, as for
  // every function here.
  void Add(const char* name, const QueuedKernel& kernel, std::initializer_list<KernelInput> inputs,
           const MemoryRange& result);

  // Launches the kernels that must run before a caller reads and writes these ranges.
  void Before(absl::Span<const MemoryRange> reads, absl::Span<const MemoryRange> writes);
  // Launches all waiting kernels.
  void Flush();

  // Whether a waiting kernel reads or writes the range.
  bool Uses(const MemoryRange& range) const;
  int64_t launches() const { return launches_; }  // since the queue was made

 private:
  static constexpr size_t kMostInputs = 6;

  struct Waiting {
    const char* name;
    QueuedKernel kernel;
    KernelInput inputs[kMostInputs];
    size_t input_count;
    MemoryRange result;
    int level;  // number of launches that must come before its own
    int group;
  };
  enum class Dependence { kNone, kInPlace, kWhole };
  static Dependence DependenceOf(const Waiting& later, const Waiting& earlier);

  void Place(Waiting* kernel);
  void FlushThrough(int level);
  void LaunchLevel(int level);
  template <int kCapacity>
  void LaunchKernels(const std::vector<const Waiting*>& kernels);

  const cudaStream_t stream_;
  const int multiprocessors_;
  std::vector<Waiting> waiting_;  // in the order of the calls
  int groups_ = 0;                // made so far
  int64_t launches_ = 0;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_KERNEL_QUEUE_H_
