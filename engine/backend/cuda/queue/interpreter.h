// Launches a KernelBatch. interpreter.cu says how its kernels are executed.
#ifndef ENGINE_BACKEND_CUDA_QUEUE_INTERPRETER_H_
#define ENGINE_BACKEND_CUDA_QUEUE_INTERPRETER_H_

#include <cuda_runtime.h>

#include "engine/backend/cuda/queue/queued_kernel.h"

namespace sg::cuda {

// Runs all kernels of the batch on `stream`. `name`, a literal, appears in errors and profiles. The grid is limited to
// a few blocks per multiprocessor, which share the blocks of the batch.
template <int kCapacity>
void LaunchBatch(const char* name, const KernelBatch<kCapacity>& batch, int multiprocessors, cudaStream_t stream);

extern template void LaunchBatch(const char*, const KernelBatch<kSmallBatch>&, int, cudaStream_t);
extern template void LaunchBatch(const char*, const KernelBatch<kLargeBatch>&, int, cudaStream_t);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_INTERPRETER_H_
