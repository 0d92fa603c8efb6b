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
#include "engine/io/scoped_fd.h"

namespace sg::gan {

class RunDirectory {
 public:
  // Makes outdir if needed, and <outdir>/<number>-<description>, the number being one more than the highest there.
  // Processes and threads may do so at the same time.
  static absl::StatusOr<RunDirectory> Create(const std::string& outdir, const std::string& description);
  // Opens the folder of an existing run to resume it. Removes the temporary files that an interrupted write of one of
  // the run's files left behind (engine/io/atomic_file.h), and no other file.
  static absl::StatusOr<RunDirectory> Open(const std::string& path);
  RunDirectory(RunDirectory&& other) noexcept = default;
  RunDirectory& operator=(RunDirectory&&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string CheckpointPath(int64_t kimg) const;

  // Removes all checkpoints but the newest `keep`.
  absl::Status PruneCheckpoints(int keep) const;
  // Renames the checkpoints later than `kimg` to "<name>.superseded", replacing older files of that name: when a run
  // is resumed from an earlier checkpoint, ListCheckpoints and PruneCheckpoints must ignore the later ones. Returns the
  // new paths, newest first. After an error some checkpoints may have been renamed.
  absl::StatusOr<std::vector<std::string>> SetAsideCheckpointsAfter(int64_t kimg) const;
  // Appends a line to a text file.
  absl::Status AppendLine(const std::string& name, absl::string_view line) const;

 private:
  RunDirectory(std::string path, io::ScopedFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  static absl::StatusOr<RunDirectory> Lock(const std::string& path);

  std::string path_;
  io::ScopedFd lock_;  // the folder, locked while this object lives: one process at a time writes a run
};

// The checkpoints in a folder, newest first by the number in their names, without the superseded ones.
std::vector<std::string> ListCheckpoints(const std::string& directory);

// The checkpoint that a user means by `path`: the newest one of a folder, NotFound if it has none; any other path is
// returned unexamined.
absl::StatusOr<std::string> CheckpointAt(const std::string& path);

// Removes from a file of JSON lines those that a checkpoint at `step` does not know: lines with a later "step", and a
// torn last line.
absl::Status TrimStats(const std::string& path, int64_t step);

}  // namespace sg::gan

#endif  // GAN_TRAIN_RUN_DIRECTORY_H_
