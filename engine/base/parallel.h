// Independent pieces of work on all cores, for what is computed on the host without tensors.
//
//   ForEachInParallel(20, [&](int r) { distances[r] = reference.To(replicates[r]); });
#ifndef ENGINE_BASE_PARALLEL_H_
#define ENGINE_BASE_PARALLEL_H_

#include <functional>

namespace sg {

// Calls f(0), ..., f(count - 1), each once, from several threads, and waits for all of them. `threads` of 0 stands for
// one per core. There are fewer where the system refuses some.
void ForEachInParallel(int count, const std::function<void(int)>& f, int threads = 0);

}  // namespace sg

#endif  // ENGINE_BASE_PARALLEL_H_
