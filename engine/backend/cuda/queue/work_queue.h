// Small kernels are not launched one by one. They wait here until something needs their results, and then those that do
// not depend on each other go in one launch (work_kernel.h): the sums of a gradient that nobody reads before the
// optimizer's step travel with whatever comes next. An elementwise work that reads another's result at its own position
// joins it in one group: the same thread has written what it reads.
//
//   queue.Add("Mul", work, {{a, /*in_place=*/true}, {b}}, y);  // runs later
//   queue.Before({x, w}, {y});                                 // all that a call of cuDNN on these needs is on the
//   stream
//
// A buffer that a waiting work uses goes back to the pool when that has been launched: Context::Free.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_WORK_QUEUE_H_
#define ENGINE_BACKEND_CUDA_QUEUE_WORK_QUEUE_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/types/span.h"
#include "engine/backend/cuda/queue/work.h"
#include "engine/backend/tensor_view.h"

namespace sg::cuda {

// Memory that somebody reads or writes.
struct MemoryRange {
  MemoryRange() = default;
  MemoryRange(const void* data, int64_t bytes)
      : begin(static_cast<const char*>(data)), end(static_cast<const char*>(data) + bytes) {}
  MemoryRange(const TensorView& t)
      : MemoryRange(t.data, t.data == nullptr ? 0 : t.NumBytes()) {}  // NOLINT: a MemoryRange is what it is

  bool Overlaps(const MemoryRange& other) const { return begin < other.end && other.begin < end; }

  const char* begin = nullptr;
  const char* end = nullptr;
};

struct WorkInput {
  MemoryRange range;
  bool in_place = false;  // element i is read for element i of the result, and for no other
};

class WorkQueue {
 public:
  WorkQueue(cudaStream_t stream, int multiprocessors) : stream_(stream), multiprocessors_(multiprocessors) {}

  // `name`, a literal, is that of the kernel. The GPU must be current, as for every function here.
  void Add(const char* name, const Work& work, std::initializer_list<WorkInput> inputs, const MemoryRange& result);

  // Launches all that has to come before somebody else reads and writes these.
  void Before(absl::Span<const MemoryRange> reads, absl::Span<const MemoryRange> writes);
  void Flush();

  bool Uses(const MemoryRange& range) const;
  int64_t launches() const { return launches_; }  // ever

 private:
  static constexpr size_t kMostInputs = 6;

  struct Waiting {
    const char* name;
    Work work;
    WorkInput inputs[kMostInputs];
    size_t input_count;
    MemoryRange result;
    int level;  // launches that have to come before its own
    int group;
  };
  enum class Dependence { kNone, kInPlace, kWhole };
  static Dependence DependenceOf(const Waiting& later, const Waiting& earlier);

  void Place(Waiting* work);
  void FlushThrough(int level);
  void LaunchLevel(int level);
  template <int kCapacity>
  void LaunchList(const std::vector<const Waiting*>& works);

  const cudaStream_t stream_;
  const int multiprocessors_;
  std::vector<Waiting> waiting_;  // in the order of the calls
  int groups_ = 0;                // ever
  int64_t launches_ = 0;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_WORK_QUEUE_H_
