#include "gan/train/rollback.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/io/safetensors_reader.h"
#include "gan/train/metadata.h"

namespace sg::gan {
namespace {

// The checkpoint at `path`, which must be that of this step.
absl::StatusOr<io::SafetensorsReader> OpenStep(const std::string& path, int64_t steps) {
  absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  if (!file.ok()) return file;
  const absl::Status sound = file->Verify();
  if (!sound.ok()) return sound;
  const absl::StatusOr<int64_t> there = ReadCount(file->metadata(), "steps");
  if (there.ok() && *there == steps) return file;
  return absl::FailedPreconditionError(absl::StrCat(path, ": not the state of step ", steps));
}

}  // namespace

std::string Rollback::PathOf(int64_t steps) const {
  const int64_t batch = trainer_.config().batch;
  return run_.CheckpointPath(SnapshotNumber(steps * batch, batch));
}

bool Rollback::HasGoodState() const { return OpenStep(GoodPath(), trainer_.rollback().good).ok(); }

std::vector<std::string> Rollback::NeededPaths() const {
  if (!enabled()) return {};
  return {GoodPath(), PathOf(trainer_.rollback().candidate)};
}

void Rollback::StartHere() {
  if (!enabled()) return;
  RollbackState state = trainer_.rollback();
  state.good = state.candidate = trainer_.steps();
  state.unsteady = false;
  trainer_.set_rollback(state);
}

RollbackState Rollback::AtSnapshot() {
  const RollbackState before = trainer_.rollback();
  if (!enabled()) return before;
  RollbackState state = before;
  state.candidate = trainer_.steps();
  trainer_.set_rollback(state);
  return before;
}

void Rollback::Restore(const RollbackState& before) { trainer_.set_rollback(before); }

void Rollback::BeforeSave(bool steady) {
  if (!enabled() || steady) return;
  RollbackState state = trainer_.rollback();
  state.unsteady = true;
  trainer_.set_rollback(state);
}

void Rollback::EndTick(bool whole, bool steady) {
  BeforeSave(steady);
  if (!enabled() || !whole) return;
  RollbackState state = trainer_.rollback();
  if (!state.unsteady) state.good = state.candidate;
  state.unsteady = false;
  trainer_.set_rollback(state);
}

absl::Status Rollback::GoBack() {
  RollbackState state = trainer_.rollback();
  const absl::StatusOr<io::SafetensorsReader> file = OpenStep(GoodPath(), state.good);
  if (!file.ok()) return file.status();
  const absl::Status loaded = trainer_.Load(*file);
  if (!loaded.ok()) return loaded;
  ++state.count;
  state.candidate = state.good;
  state.unsteady = false;
  trainer_.set_rollback(state);
  return absl::OkStatus();
}

}  // namespace sg::gan
