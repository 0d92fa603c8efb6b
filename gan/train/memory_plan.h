// Predicts how much memory a configuration needs, and whether its tensors are too large for a GPU.
//
//   if (PredictPeakBytes(config) > bytes) config.grad_accum = config.batch / LargestMicroBatch(config, bytes);
//   if (const absl::Status status = CheckTensorsFitGpu(config); !status.ok()) return status;
#ifndef GAN_TRAIN_MEMORY_PLAN_H_
#define GAN_TRAIN_MEMORY_PLAN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "gan/config/config.h"

namespace sg::gan {

// The peak number of bytes of all tensors of a training run: networks, averages, optimizer and the most demanding step,
// with every regularizer of the configuration. A tensor counts as its bytes rounded up to 64. A backend may report more
// (MemoryStats), because it rounds its blocks: the CPU to 64 bytes, and from 64 KiB on to 4096, which adds less than a
// sixteenth; CUDA to 512 bytes, and from 1 MiB on to 64 KiB. Workspace and the reserve of a pool are not included.
// Takes a few milliseconds.
int64_t PredictPeakBytes(const TrainConfig& config);

// The number of elements of the largest tensor that a step computes.
int64_t PredictLargestTensor(const TrainConfig& config);

// The most elements that a tensor on a GPU may have: cuDNN and our kernels count them in 32 bits.
inline constexpr int64_t kMostElementsOnGpu = INT32_MAX;

// The largest micro-batch, a divisor of the batch, that needs at most `bytes` and has no tensor of more than
// kMostElementsOnGpu elements; 0 if there is none.
int LargestMicroBatch(const TrainConfig& config, int64_t bytes);

// InvalidArgument if a tensor has more than kMostElementsOnGpu elements. The message names a --grad-accum that would
// do.
absl::Status CheckTensorsFitGpu(const TrainConfig& config);

}  // namespace sg::gan

#endif  // GAN_TRAIN_MEMORY_PLAN_H_
