// How a run is resumed: from which checkpoint, with which changes to its configuration, and in which state of its
// folder.
//
//   std::vector<std::string> passed_over;
//   absl::StatusOr<std::vector<std::string>> candidates = ResumeCandidates("latest", "training-runs", &passed_over);
//   absl::StatusOr<ResumedRun> resumed = ResumeRun(*candidates, [](TrainConfig saved) {
//     saved.kimg = 100;
//     return saved;
//   }, Device::Cpu());
//   absl::StatusOr<std::vector<std::string>> set_aside = RewindRun(run, *resumed->trainer);
//
// A checkpoint outside a run's folder (a download, say) is resumed in the folder of a new run. Its own folder is only
// read.
#ifndef GAN_TRAIN_RESUME_H_
#define GAN_TRAIN_RESUME_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "gan/config/config.h"
#include "gan/data/data_identity.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::gan {

struct LastRun {
  std::string folder;                    // empty if there is none
  std::vector<std::string> passed_over;  // one sentence for each later run: why it has no checkpoint to go on from
};

// The last run in a folder that has a checkpoint: the one with the highest number (RunNumber). Of a run and copies that
// kept its number, the one with the latest checkpoint counts, or the oldest folder if they hold the same checkpoint.
// Folders without a number count only if no other has a checkpoint, and then the one with the latest. Links to folders
// never count. An error if the
// folder is there and cannot be listed.
absl::StatusOr<LastRun> FindLastRun(const std::string& outdir);

// The checkpoints that `from` may mean, the best first: those of a folder from the newest to the oldest, a file itself,
// and for "latest" those of the last run in `outdir`, with LastRun::passed_over. All are in one folder. Errors, such as
// NotFound, are a sentence that begins with `from`.
absl::StatusOr<std::vector<std::string>> ResumeCandidates(const std::string& from, const std::string& outdir,
                                                          std::vector<std::string>* passed_over);

// The run's folder in which a checkpoint lies and training goes on. nullopt if the checkpoint lies in no run's folder,
// or in one that cannot be written: then a new run has to start from its state.
std::optional<std::string> RunToContinue(const std::string& checkpoint);

// Whether a run with the configuration `saved` may be resumed with `changed`, which must be valid, too. InvalidArgument
// with the flags, or the names of fields without a flag: "--batch cannot change in a run that is resumed: it is 40, not
// 20; noise neither: it is true, not false".
absl::Status CheckResumable(const TrainConfig& saved, const TrainConfig& changed);

// Makes the configuration with which a run is resumed from the one in its checkpoint.
using ConfigChange = std::function<absl::StatusOr<TrainConfig>(TrainConfig saved)>;

// The configuration with which ResumeRun would resume, if the first checkpoint with a readable header is sound. The
// same errors.
absl::StatusOr<TrainConfig> ResumedConfig(const std::vector<std::string>& candidates, const ConfigChange& change);

struct ResumedRun {
  std::string checkpoint;
  std::unique_ptr<Trainer> trainer;      // in the state of the checkpoint
  std::string environment_note;          // see Resumed in snapshot.h
  std::optional<DataIdentity> data;      // the images that it was trained with, if the checkpoint tells
  std::vector<std::string> passed_over;  // one sentence for each better candidate that cannot be read
  std::vector<std::string> changes;      // of the configuration: "--lr from 0.0025 to 0.002"
};

// Resumes from the first candidate that can be read. An error of `change` or CheckResumable ends the search and is
// returned. FailedPrecondition if no candidate can be read. InvalidArgument if the state has seen more images than the
// changed configuration asks for: "the run has 4 kimg already, --kimg=2 asks for less".
absl::StatusOr<ResumedRun> ResumeRun(const std::vector<std::string>& candidates, const ConfigChange& change,
                                     Device device);

// One sentence if the images `now` or their labels are not those of the checkpoint: then the run goes on otherwise than
// it would have. "the images have changed since the checkpoint: 40 before, 43 now; ..." Empty if they are the same, or
// if the checkpoint does not tell.
std::string DataChange(const std::optional<DataIdentity>& then, const DataIdentity& now);

// Takes a run's folder back to the state of the trainer: renames later checkpoints and removes later statistics. What
// can be refused is refused before the first change. Returns the new paths of the checkpoints, newest first.
absl::StatusOr<std::vector<std::string>> RewindRun(const RunDirectory& run, const Trainer& trainer);

}  // namespace sg::gan

#endif  // GAN_TRAIN_RESUME_H_
