// Predicts how much memory a configuration needs.
//
//   if (PredictPeakBytes(config) > bytes) config.grad_accum = config.batch / LargestMicroBatch(config, bytes);
#ifndef GAN_TRAIN_MEMORY_PLAN_H_
#define GAN_TRAIN_MEMORY_PLAN_H_

#include <cstdint>

#include "gan/config/config.h"

namespace sg::gan {

// The peak number of bytes of all tensors of a training run: networks, averages, optimizer and the most demanding step,
// with every regularizer of the configuration. A tensor counts as its bytes rounded up to 64. A backend may report more
// (MemoryStats), because it rounds its blocks: the CPU to 64 bytes, and from 64 KiB on to 4096, which adds less than a
// sixteenth; CUDA to 512 bytes, and from 1 MiB on to 64 KiB. Workspace and the reserve of a pool are not included.
// Takes a few milliseconds.
int64_t PredictPeakBytes(const TrainConfig& config);

// The largest micro-batch, a divisor of the batch, that needs at most `bytes`; 0 if none does.
int LargestMicroBatch(const TrainConfig& config, int64_t bytes);

}  // namespace sg::gan

#endif  // GAN_TRAIN_MEMORY_PLAN_H_
