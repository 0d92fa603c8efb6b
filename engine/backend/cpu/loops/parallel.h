// ParallelFor: cuts a range into one contiguous piece per OpenMP thread.
//
//   ParallelFor(n, kElementGrain, [&](int64_t begin, int64_t end) { AddRange(x, y, begin, end); });
#ifndef ENGINE_BACKEND_CPU_LOOPS_PARALLEL_H_
#define ENGINE_BACKEND_CPU_LOOPS_PARALLEL_H_

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace sg::cpu {

// The fewest elements of cheap arithmetic that justify another thread. Entering a parallel region costs microseconds.
constexpr int64_t kElementGrain = 16384;

// The grain in units of `elements` elements each.
inline int64_t GrainOf(int64_t elements) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, elements));
}

// Calls f(begin, end) for disjoint pieces of [0, n), each of at least `grain`. Uses only the calling thread if there is
// not enough work for two. Do not use for reductions: the pieces, and with them the results, depend on the thread
// count.
template <typename F>
void ParallelFor(int64_t n, int64_t grain, const F& f) {
  const int threads = omp_get_max_threads();
  const int64_t pieces = std::min<int64_t>(threads, n / grain);
  if (pieces <= 1) {
    if (n > 0) f(int64_t{0}, n);
    return;
  }
  // Always uses the whole team, since libgomp ends and restarts threads when the team size changes.
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int64_t p = 0; p < pieces; ++p) f(n * p / pieces, n * (p + 1) / pieces);
}

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_LOOPS_PARALLEL_H_
