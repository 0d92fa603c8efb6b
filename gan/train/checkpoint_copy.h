// A copy of a trainer's whole state in host memory, in case the device fails: after most failures its memory cannot be
// read, and in the middle of a step the state is only partly updated.
//
//   CheckpointCopy copy;
//   copy.Take(trainer, run);                  // between two steps
//   const DeviceFailureScope scope([&](const DeviceFailure&) { return copy.Write().ok() ? "saved\n" : ""; });
#ifndef GAN_TRAIN_CHECKPOINT_COPY_H_
#define GAN_TRAIN_CHECKPOINT_COPY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gan/data/data_identity.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::gan {

// Whether `path` holds an undamaged checkpoint of this or a later step.
bool HoldsStep(const std::string& path, int64_t steps);

class CheckpointCopy {
 public:
  // Copies the bytes that SaveCheckpoint would write; waits for the device. Until it succeeds, Write writes the
  // previous copy, so both are in memory for that time. The run must outlive this object.
  absl::Status Take(const Trainer& trainer, const RunDirectory& run,
                    const std::optional<DataIdentity>& data = std::nullopt);

  bool empty() const { return bytes_.empty(); }
  int64_t steps() const { return steps_; }           // of the trainer at the time of the copy
  const std::string& path() const { return path_; }  // where Write writes

  // Writes the checkpoint durably, unless path() HoldsStep(steps()). Uses no device. The copy must not be empty. The
  // error of RunDirectory::CheckPlace if the run's folder has been moved.
  absl::Status Write() const;

 private:
  std::string bytes_, path_;
  const RunDirectory* run_ = nullptr;
  int64_t steps_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_CHECKPOINT_COPY_H_
