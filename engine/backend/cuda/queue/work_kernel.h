// Runs works (work.h) in one launch.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_WORK_KERNEL_H_
#define ENGINE_BACKEND_CUDA_QUEUE_WORK_KERNEL_H_

#include <cuda_runtime.h>

#include "engine/backend/cuda/queue/work.h"

namespace sg::cuda {

// `name` is what an error calls it. On a GPU of that many multiprocessors, which limits the blocks; the list's are
// dealt out.
template <int kCapacity>
void LaunchWorks(const char* name, const WorkList<kCapacity>& list, int multiprocessors, cudaStream_t stream);

extern template void LaunchWorks(const char*, const WorkList<kFewWorks>&, int, cudaStream_t);
extern template void LaunchWorks(const char*, const WorkList<kMostWorks>&, int, cudaStream_t);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_WORK_KERNEL_H_
