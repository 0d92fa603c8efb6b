// What `train` saves and prints when its device fails (engine/base/device_failure.h).
//
//   TrainFailure failure;
//   failure.SetConfig(config);
//   gan::Trainer trainer(config, device);
//   failure.SetRun(&run);
//   failure.SetTrainer(&trainer);
//   options.copy = failure.copy();
//   RunTraining(...);
#ifndef TOOLS_TRAIN_FAILURE_H_
#define TOOLS_TRAIN_FAILURE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/device_failure.h"
#include "gan/config/config.h"
#include "gan/data/data_identity.h"
#include "gan/train/checkpoint_copy.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::cli {

// One line that says how to split the batch into micro-batches that fit. `capacity_bytes` is the memory for all
// tensors, 0 if it is unknown.
std::string MemoryAdvice(const gan::TrainConfig& config, int64_t capacity_bytes);

// Handles a failure of the device as long as it lives. It writes a checkpoint of the run and tells how to resume. If
// memory ran out, it tells what would fit. All of it goes to the run's log, too.
//
// The memory of a GPU that has failed cannot be read, so what is saved is the copy of the last tick. The CPU's can be,
// and a copy would take as much memory again as the state. There the trainer's own state is saved: that of its last
// step, in which the discriminator may have made one update more.
class TrainFailure {
 public:
  TrainFailure();

  // The configuration of the next trainer. Without one, there is no advice on memory.
  void SetConfig(const gan::TrainConfig& config) { config_ = config; }
  // The run must outlive this object. Set it before the trainer.
  void SetRun(const gan::RunDirectory* run) { run_ = run; }
  // A trainer and its images. The trainer must outlive this object, or be replaced by null.
  void SetTrainer(const gan::Trainer* trainer, const gan::DataIdentity& data);

  // For LoopOptions. Null while the trainer's own state can be read after a failure.
  gan::CheckpointCopy* copy() { return live_ == nullptr ? &copy_ : nullptr; }

 private:
  std::string Handle(const DeviceFailure& failure) const;
  std::string Save() const;
  std::string SaveLive() const;
  std::string SaveCopy() const;

  std::optional<gan::TrainConfig> config_;
  const gan::RunDirectory* run_ = nullptr;
  const gan::Trainer* live_ = nullptr;  // one whose device is the CPU
  gan::DataIdentity data_;
  gan::CheckpointCopy copy_;
  const DeviceFailureScope scope_;
};

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_FAILURE_H_
