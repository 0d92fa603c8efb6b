// The counters behind CudaCountsSoFar. A step that is slow on an idle GPU shows here: too many launches, or a wait that should
// not be.
#ifndef ENGINE_BACKEND_CUDA_COUNTERS_H_
#define ENGINE_BACKEND_CUDA_COUNTERS_H_

#include <atomic>
#include <cstdint>

namespace sg::cuda {

struct Counters {
  std::atomic<int64_t> launches{0}, library_calls{0}, copies{0}, synchronisations{0};
};

inline Counters& GlobalCounters() {
  static Counters counters;
  return counters;
}

inline void Count(std::atomic<int64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_COUNTERS_H_
