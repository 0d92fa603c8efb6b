#include "gan/train/checkpoint_copy.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/io/atomic_file.h"
#include "engine/io/safetensors_reader.h"
#include "gan/train/metadata.h"
#include "gan/train/snapshot.h"

namespace sg::gan {
namespace {

// The number of steps of the state in a file. An error if the file is not a complete checkpoint.
absl::StatusOr<int64_t> StepsIn(const std::string& path) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  if (!file.ok()) return file.status();
  const absl::Status sound = file->Verify();
  if (!sound.ok()) return sound;
  return ReadCount(file->metadata(), "steps");
}

}  // namespace

bool HoldsStep(const std::string& path, int64_t steps) {
  const absl::StatusOr<int64_t> there = StepsIn(path);
  return there.ok() && *there >= steps;
}

absl::Status CheckpointCopy::Take(const Trainer& trainer, const RunDirectory& run,
                                  const std::optional<DataIdentity>& data) {
  absl::StatusOr<std::string> bytes = SerializeCheckpoint(trainer, data);
  if (!bytes.ok()) return bytes.status();
  std::string path = CheckpointPath(trainer, run);
  // From here on nothing takes memory, so the copy and its path change together.
  bytes_ = *std::move(bytes);
  path_ = std::move(path);
  run_ = &run;
  steps_ = trainer.steps();
  return absl::OkStatus();
}

absl::Status CheckpointCopy::Write() const {
  SG_CHECK(!empty()) << "[CheckpointCopy] Write before Take";
  const absl::Status place = run_->CheckPlace();
  if (!place.ok()) return absl::Status(place.code(), absl::StrCat(path_, ": not written: ", place.message()));
  // The loop may have saved this very state after it was copied.
  if (HoldsStep(path_, steps_)) return absl::OkStatus();
  return io::WriteFileAtomically(path_, bytes_);
}

}  // namespace sg::gan
