// The whole state of a trainer in host memory, for a device that may fail: after most failures nothing can be read from
// it, and in the middle of a step its state is half updated.
//
//   CheckpointCopy copy;
//   copy.Take(trainer, run);                  // between two steps
//   const DeviceFailureScope scope([&](const DeviceFailure&) { return copy.Write().ok() ? "saved\n" : ""; });
#ifndef GAN_TRAIN_CHECKPOINT_COPY_H_
#define GAN_TRAIN_CHECKPOINT_COPY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::gan {

class CheckpointCopy {
 public:
  // Copies what SaveCheckpoint would write; waits for the device. While this runs, and after an error, the copy before
  // is the one that Write writes; so for that time there are two in memory.
  absl::Status Take(const Trainer& trainer, const RunDirectory& run);

  bool empty() const { return bytes_.empty(); }
  int64_t steps() const { return steps_; }           // that the state has seen
  const std::string& path() const { return path_; }  // of the run's checkpoint of this state

  // Makes that checkpoint, durably, unless a sound one of this or a later step is there. Touches no device. The copy
  // must not be empty.
  absl::Status Write() const;

 private:
  std::string bytes_, path_;
  int64_t steps_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_CHECKPOINT_COPY_H_
