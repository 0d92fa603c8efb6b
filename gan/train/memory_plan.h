// How much memory a configuration will need, before anything is started.
#ifndef GAN_TRAIN_MEMORY_PLAN_H_
#define GAN_TRAIN_MEMORY_PLAN_H_

#include <cstdint>

#include "gan/config/config.h"

namespace sg::gan {

// The highest number of bytes that the tensors of a training run hold at once: networks, averages, optimizer and the
// most demanding step, with every regularizer that the configuration uses. A tensor counts as its bytes rounded up to
// 64. What a backend reports (MemoryStats) may be more, because it rounds its blocks: the CPU to 64 bytes and from 64
// KiB on to 4096, so by less than a sixteenth; CUDA to 512 bytes and from 1 MiB on to 64 KiB. Workspace and what a pool
// holds in reserve come on top. Takes some milliseconds.
int64_t PredictPeakBytes(const TrainConfig& config);

// The largest micro-batch, a divisor of the batch, that needs at most `bytes`; 0 if none does.
int LargestMicroBatch(const TrainConfig& config, int64_t bytes);

}  // namespace sg::gan

#endif  // GAN_TRAIN_MEMORY_PLAN_H_
