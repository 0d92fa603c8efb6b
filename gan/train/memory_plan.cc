#include "gan/train/memory_plan.h"

#include "engine/runtime/devices.h"
#include "gan/config/validate.h"
#include "gan/data/batch.h"
#include "gan/train/trainer.h"

namespace sg::gan {

int64_t PredictPeakBytes(const TrainConfig& config) {
  // Applies the regularizers in every step from the second on: two steps then include them all.
  TrainConfig every_step = config;
  if (config.loss.r1_interval > 0) every_step.loss.r1_interval = 1;
  every_step.loss.pl_start = 0;
  every_step.loss.pl_interval = 1;
  const int64_t before = MemoryStatsOf(Device::Plan()).live_bytes;
  ResetMemoryPeak(Device::Plan());
  {
    Trainer trainer(every_step, Device::Plan());
    Batch batch;
    batch.pixels.resize(config.batch * config.model.image_spec().NumValues());
    for (int i = 0; i < 2; ++i) trainer.Step(batch);
  }
  return MemoryStatsOf(Device::Plan()).peak_bytes - before;
}

int LargestMicroBatch(const TrainConfig& config, int64_t bytes) {
  TrainConfig split = config;
  for (split.grad_accum = 1; split.grad_accum <= config.batch; ++split.grad_accum) {
    if (Validate(split).ok() && PredictPeakBytes(split) <= bytes) return split.MicroBatch();
  }
  return 0;
}

}  // namespace sg::gan
