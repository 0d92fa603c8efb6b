// Independent pieces of work on all cores, for numbers that are computed on the host.
//
//   ForEachInParallel(20, [&](int r) { distances[r] = reference.To(replicates[r]); });
#ifndef GAN_METRICS_PARALLEL_H_
#define GAN_METRICS_PARALLEL_H_

#include <functional>

namespace sg::gan {

// Calls f(0), ..., f(count - 1), each once, from several threads, and waits for all of them. `threads` of 0 stands for
// one per core.
void ForEachInParallel(int count, const std::function<void(int)>& f, int threads = 0);

}  // namespace sg::gan

#endif  // GAN_METRICS_PARALLEL_H_
