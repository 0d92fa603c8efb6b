// The folder of one training run, in the layout that users of NVIDIA's tools know:
//
//   <outdir>/00003-quick-emoji-batch8-gamma0.3[-desc]/
//     training_options.json  log.txt  stats.jsonl  reals.png  fakes_init.png  fakes000004.png ...
//     report.html  fakes_nearest.png                     written again at every snapshot
//     network-snapshot-000004.safetensors ...
//     network-snapshot-000004_512.safetensors            another state of the same thousand images: 4,512 of them
//     network-snapshot-000008.diverged.safetensors       its gradients were not finite
//     network-snapshot-000012.safetensors.superseded     later than a checkpoint that the run was resumed from
//
// The number in the name of a picture or a checkpoint counts thousands of images. The first state in each thousand has
// that number alone, whatever the batch is. Any other adds '_' and its images beyond the thousand, so no two states of
// a run share a name, and the names sort by age.
#ifndef GAN_TRAIN_RUN_DIRECTORY_H_
#define GAN_TRAIN_RUN_DIRECTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"
#include "gan/train/folder_lock.h"

namespace sg::gan {

class RunDirectory {
 public:
  // Makes outdir if needed, and <outdir>/<number>-<description>, the number being one more than the highest there.
  // Processes and threads may do so at the same time: each waits for its turn, with the errors of WaitForFolder.
  // FailedPrecondition if outdir is itself a run's folder.
  static absl::StatusOr<RunDirectory> Create(const std::string& outdir, const std::string& description,
                                             const LockWaiting& waiting = {});
  // Opens the folder of an existing run to resume it. Removes the temporary files that an interrupted write of one of
  // the run's files left behind (engine/io/atomic_file.h), and no other file. FailedPrecondition if it is no run's
  // folder (IsRunDirectory), or if a file that the run would write is a link or a pipe: then nothing is touched.
  // Unavailable if another process is training there.
  static absl::StatusOr<RunDirectory> Open(const std::string& path);
  RunDirectory(RunDirectory&& other) noexcept = default;
  RunDirectory& operator=(RunDirectory&&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string CheckpointPath(const std::string& number) const;  // `number` as from SnapshotNumber
  // The path for a state that has diverged. ListCheckpoints leaves such files out.
  std::string DivergedPath(const std::string& number) const;

  // FailedPrecondition if the folder is no longer at its path: another run may have taken the name. The functions that
  // change files check it themselves; whoever writes to a path of this class calls it before.
  absl::Status CheckPlace() const;

  // Removes all checkpoints but the newest `keep` and those at the paths `spared`. After an error it has removed all
  // that it could.
  absl::Status PruneCheckpoints(int keep, const std::vector<std::string>& spared) const;
  // A file of this run, and the name that it gets.
  struct Renaming {
    std::string from, to;
  };
  // Renames files, durably, replacing older ones of the new names. Passes over those that do not exist. After an error
  // it has renamed all that it could. Appends the new paths to `renamed` in any case.
  absl::Status SetAside(const std::vector<Renaming>& renamings, std::vector<std::string>* renamed) const;
  // How to set aside the checkpoints of more than `images` images, newest first: as "<name>.superseded", or
  // "<name>.superseded.2" etc. if that is taken. When a run is resumed from an earlier checkpoint, ListCheckpoints and
  // PruneCheckpoints must ignore the later ones. Changes nothing.
  absl::StatusOr<std::vector<Renaming>> RenamingsAfter(int64_t images) const;
  // Appends a line to a text file. If the file ends inside a line, which a full disk can leave, that line is ended.
  absl::Status AppendLine(const std::string& name, absl::string_view line) const;

 private:
  RunDirectory(std::string path, io::ScopedFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  io::ScopedFd lock_;  // the folder, locked while this object lives: one process at a time writes a run
};

// The number in the names of a state's files: "000004" if `images` is the first multiple of `batch` in its thousand,
// else with the images beyond the thousand: "000004_512".
std::string SnapshotNumber(int64_t images, int64_t batch);

// Whether this program made the folder for a run: it has a training_options.json that describes our model. A folder of
// downloads has none, though checkpoints may lie there; that of a run of NVIDIA's has another.
bool IsRunDirectory(const std::string& path);

// The number of a run from the name of its folder: 3 for "00003-quick". nullopt for a name that Create does not make,
// such as "2024-01-31-copy".
std::optional<int64_t> RunNumber(const std::string& name);

// The checkpoints in a folder, newest first by the number in their names, without superseded and diverged ones. None if
// the folder cannot be listed.
std::vector<std::string> ListCheckpoints(const std::string& directory);

// Why ListCheckpoints finds none in a folder: it cannot be listed, or NotFound with the files that are no checkpoints
// to go on from: "runs/0-x: no checkpoint in this folder; these do not count: network-snapshot-000008.diverged...".
absl::Status NoCheckpoint(const std::string& directory);

// The checkpoint that a user means by `path`: the newest one of a folder, NoCheckpoint if it has none; any other path
// is returned unexamined.
absl::StatusOr<std::string> CheckpointAt(const std::string& path);

// The names of the files of JSON lines in a run's folder, sorted: stats.jsonl and metric-*.jsonl.
absl::StatusOr<std::vector<std::string>> ListStatsFiles(const std::string& directory);

// The sheets of pictures by the generator in a run's folder: fakes_init.png with 0 images, fakes000004.png with 4000.
struct Sheet {
  std::string name;
  int64_t images = 0;  // that the generator had learned from
};
// By age. None if the folder cannot be listed.
std::vector<Sheet> ListSheets(const std::string& directory);

// What is left of a file of JSON lines without those that a checkpoint at `step` does not know: lines of runs (with
// "step", "timestamp" and what else they have) of a later step, and torn ones, which begin with {" or end the file
// without a line break, and are not JSON. Lines that this program does not write stay. nullopt if the file is not there
// or needs no change. ResourceExhausted above 1 GiB.
absl::StatusOr<std::optional<std::string>> TrimmedStats(const std::string& path, int64_t step);

}  // namespace sg::gan

#endif  // GAN_TRAIN_RUN_DIRECTORY_H_
