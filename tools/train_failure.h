// What `train` saves and says when its device fails (engine/base/device_failure.h).
//
//   TrainFailure failure(config, &run);
//   options.copy = failure.copy();
//   RunTraining(...);
#ifndef TOOLS_TRAIN_FAILURE_H_
#define TOOLS_TRAIN_FAILURE_H_

#include <cstdint>
#include <string>

#include "engine/base/device_failure.h"
#include "gan/config/config.h"
#include "gan/train/checkpoint_copy.h"
#include "gan/train/run_directory.h"

namespace sg::cli {

// How to split the batch so that it fits, in a line; `capacity_bytes` is what tensors could have, 0 if nobody knows.
std::string MemoryAdvice(const gan::TrainConfig& config, int64_t capacity_bytes);

// While it lives, a failure of the device writes the copy as a checkpoint of the run, if one was taken, and says so,
// how to go on and, where memory ran out, what would fit; all of it also to the run's log.
class TrainFailure {
 public:
  // `run` may be null, where it is not known yet, and must outlive this.
  TrainFailure(const gan::TrainConfig& config, const gan::RunDirectory* run);

  gan::CheckpointCopy* copy() { return &copy_; }

 private:
  std::string Handle(const DeviceFailure& failure) const;
  std::string Save() const;

  const gan::TrainConfig config_;
  const gan::RunDirectory* const run_;
  gan::CheckpointCopy copy_;
  const DeviceFailureScope scope_;
};

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_FAILURE_H_
