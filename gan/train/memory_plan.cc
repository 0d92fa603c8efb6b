#include "gan/train/memory_plan.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/validate.h"
#include "gan/data/batch.h"
#include "gan/train/trainer.h"

namespace sg::gan {
namespace {

// Sees what the present observer, which it replaces, would see.
class LargestTensor final : public OpObserver {
 public:
  LargestTensor() : outer_(CurrentOpObserver()) { SetOpObserver(this); }
  ~LargestTensor() override { SetOpObserver(outer_); }
  LargestTensor(const LargestTensor&) = delete;
  LargestTensor& operator=(const LargestTensor&) = delete;

  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override {}
  void After(const Op&, absl::Span<const Tensor>, const Tensor& output) override {
    elements_ = std::max(elements_, output.shape().NumElements());
  }
  int64_t elements() const { return elements_; }

 private:
  OpObserver* const outer_;
  int64_t elements_ = 0;
};

// Runs the most demanding steps on the plan device, where nothing is computed.
void RunSteps(const TrainConfig& config) {
  // Applies the regularizers in every step from the second on: two steps then include them all.
  TrainConfig every_step = config;
  if (config.loss.r1_interval > 0) every_step.loss.r1_interval = 1;
  every_step.loss.pl_start = 0;
  every_step.loss.pl_interval = 1;
  // All transforms act, as they may in some step.
  if (config.augment.HasPipe()) {
    every_step.augment.aug = AugMode::kFixed;
    every_step.augment.p = 1;
    every_step.schedule.kimg = 0;
  }
  Trainer trainer(every_step, Device::Plan());
  Batch batch;
  batch.pixels.resize(config.batch * config.model.image_spec().NumValues());
  batch.labels.resize(config.batch * config.model.label_dim);
  batch.fake_labels.resize(kFakeSets * batch.labels.size());
  for (int i = 0; i < 2; ++i) trainer.Step(batch);
}

}  // namespace

int64_t PredictPeakBytes(const TrainConfig& config) {
  const int64_t before = MemoryStatsOf(Device::Plan()).live_bytes;
  ResetMemoryPeak(Device::Plan());
  RunSteps(config);
  return MemoryStatsOf(Device::Plan()).peak_bytes - before;
}

int64_t PredictLargestTensor(const TrainConfig& config) {
  const LargestTensor largest;
  RunSteps(config);
  return largest.elements();
}

int LargestMicroBatch(const TrainConfig& config, int64_t bytes) {
  TrainConfig split = config;
  for (split.grad_accum = 1; split.grad_accum <= config.batch; ++split.grad_accum) {
    if (!Validate(split).ok() || PredictPeakBytes(split) > bytes) continue;
    if (PredictLargestTensor(split) <= kMostElementsOnGpu) return split.MicroBatch();
  }
  return 0;
}

absl::Status CheckTensorsFitGpu(const TrainConfig& config) {
  const int64_t elements = PredictLargestTensor(config);
  if (elements <= kMostElementsOnGpu) return absl::OkStatus();
  const int fitting = LargestMicroBatch(config, std::numeric_limits<int64_t>::max());
  return absl::InvalidArgumentError(
      absl::StrCat("a micro-batch is ", config.MicroBatch(), " images, with which a tensor has ", elements,
                   " elements; a GPU takes up to ", kMostElementsOnGpu, "; ",
                   fitting > 0 ? absl::StrCat("--grad-accum=", config.batch / fitting, " would do")
                               : "no --grad-accum would do, but fewer channels or a smaller resolution"));
}

}  // namespace sg::gan
