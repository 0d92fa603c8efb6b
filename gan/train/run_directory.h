// The folder of one training run, in the layout that users of NVIDIA's tools know:
//
//   <outdir>/00003-quick-emoji-batch8-gamma0.3[-desc]/
//     training_options.json  log.txt  stats.jsonl  reals.png  fakes_init.png  fakes000004.png ...
//     network-snapshot-000004.safetensors ...
//     network-snapshot-000012.safetensors.superseded   later than a checkpoint that the run was resumed from
#ifndef GAN_TRAIN_RUN_DIRECTORY_H_
#define GAN_TRAIN_RUN_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

class RunDirectory {
 public:
  // Makes <outdir>/<number>-<description>, the number being one more than the highest there; safe against others that do
  // the same at the same time. Makes outdir, too.
  static absl::StatusOr<RunDirectory> Create(const std::string& outdir, const std::string& description);
  // An existing one, to go on in. Removes what an interrupted write left behind.
  static absl::StatusOr<RunDirectory> Open(const std::string& path);
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string CheckpointPath(int64_t kimg) const;

  // Removes all checkpoints but the newest `keep`.
  absl::Status PruneCheckpoints(int keep) const;
  // For a run that goes on from the state at `kimg` although there are later ones: renames these checkpoints to
  // "<name>.superseded", so that none is taken for the newest afterwards and none is pruned in place of a new one. Returns the
  // new paths, the newest first. An older file of such a name is replaced. On an error some may have been renamed.
  absl::StatusOr<std::vector<std::string>> SetAsideCheckpointsAfter(int64_t kimg) const;
  // Adds a line to a text file.
  absl::Status AppendLine(const std::string& name, absl::string_view line) const;

 private:
  RunDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  static absl::StatusOr<RunDirectory> Lock(const std::string& path);

  std::string path_;
  int lock_;  // held while this lives, so that two processes never write one run
};

// The checkpoints in a folder, newest first, by the number in their names. Those that were set aside do not count.
std::vector<std::string> ListCheckpoints(const std::string& directory);

// What a user means by a path: the newest checkpoint of a run's folder, and any other path itself, unexamined. It is an error
// that a folder has no checkpoint.
absl::StatusOr<std::string> CheckpointAt(const std::string& path);

// Cuts a file of JSON lines back to what a checkpoint knows: the lines whose "step" is at most `step`. A torn last line goes.
absl::Status TrimStats(const std::string& path, int64_t step);

}  // namespace sg::gan

#endif  // GAN_TRAIN_RUN_DIRECTORY_H_
