// The life of a training run: batches in, steps, statistics, pictures, checkpoints, until the end or a request to stop.
#ifndef GAN_TRAIN_TRAINING_LOOP_H_
#define GAN_TRAIN_TRAINING_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/memory_stats.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/train/checkpoint_copy.h"
#include "gan/train/run_directory.h"
#include "gan/train/stats.h"
#include "gan/train/trainer.h"

namespace sg::gan {

struct TrainProgress {
  int64_t step = 0, tick = 0;
  double kimg = 0, total_kimg = 0;
  double images_per_second = 0;  // of the steps alone: pictures and checkpoints are left out; 0 before the first
  double seconds_left = 0;       // at that rate
  std::map<std::string, Summary> scalars;  // of the last whole tick
  MemoryStats memory;
};

struct TrainSnapshot {
  std::string checkpoint;    // its path
  std::vector<Image> fakes;  // the pictures of the sheet: of seeds 0, 1, ...
};

// How the loop talks to whoever runs it. All are called on the loop's thread; any may be empty.
struct TrainHooks {
  std::function<bool()> stop_requested;  // asked after every step
  std::function<bool()> save_requested;  // asked after every step; true once per request
  std::function<void(const TrainProgress&)> on_step;
  std::function<void(const TrainProgress&)> on_tick;
  std::function<void(absl::string_view)> on_note;     // a file was written
  std::function<void(absl::string_view)> on_warning;  // a bad image, a full disk, what health.h sees
  // A checkpoint and its sheet were written, as every config.snap ticks and at the end. The state is that of the
  // checkpoint.
  std::function<void(const TrainProgress&, const TrainSnapshot&)> on_snapshot;
};

enum class TrainEnd {
  kFinished,
  kStopped,   // as requested
  kDiverged,  // many updates in a row had gradients that were not finite
};

struct LoopOptions {
  int workers = 0;  // decoding threads; 0: as many as cores
  // Taken before the first step and at every tick with finite gradients, for a device that may fail; null: none, and no
  // time for it.
  CheckpointCopy* copy = nullptr;
};

// Trains until config.kimg. Files go to `run`. A state that cannot be written is a warning while training goes on, is
// written again at the next tick, and is an error (Unavailable) if it was the last one. Other errors, with the
// state saved: a bad image, under on_bad_image "fail"; Unavailable if there was no memory to decode images.
//
// After kDiverged, the newest of ListCheckpoints is the last good one. A checkpoint has proven good when a whole tick
// after it was steady (stats.h). Until then the last good one is kept beside the newest config.keep, and at kDiverged
// the others get the name of DivergedPath. So does at once a state whose last gradients were not finite.
//
// Under OnDivergence::kRollback, the training goes back first, config.max_rollbacks times (rollback.h): to the bits of
// a good checkpoint, whose file is kept for that, and its place in the data. What the run's folder has of later steps
// is set aside, as when a run is resumed from an earlier checkpoint (RewindRun), and stats.jsonl gets a line.
absl::StatusOr<TrainEnd> RunTraining(Trainer* trainer, Dataset* dataset, const RunDirectory& run,
                                     const LoopOptions& options, const TrainHooks& hooks);

}  // namespace sg::gan

#endif  // GAN_TRAIN_TRAINING_LOOP_H_
