#include "gan/train/training_loop.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/op_observer.h"
#include "gan/data/batch.h"
#include "gan/data/batch_loader.h"
#include "gan/data/data_identity.h"
#include "gan/image/image.h"
#include "gan/train/health.h"
#include "gan/train/resume.h"
#include "gan/train/rollback.h"
#include "gan/train/snapshot.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDivergedInARow = 10;  // of one network: a gradient a step, and those of separate regularizers

double Seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

// What changes in the course of the training, or has changed by rollbacks.
void AddRates(const Trainer& trainer, nlohmann::ordered_json* line) {
  const int64_t rollbacks = trainer.rollback().count;
  if (rollbacks > 0) (*line)["Progress/rollbacks"] = rollbacks;
  if (rollbacks > 0 || trainer.config().schedule.kimg > 0) (*line)["Progress/lr"] = trainer.learning_rate();
}

std::string StatsLine(const TrainProgress& p, const Trainer& trainer) {
  nlohmann::ordered_json line;
  for (const auto& [name, s] : p.scalars) line[name] = {{"num", s.num}, {"mean", s.mean}, {"std", s.std}};
  line["step"] = p.step;
  line["Progress/tick"] = p.tick;
  line["Progress/kimg"] = p.kimg;
  AddRates(trainer, &line);
  line["Timing/img_per_sec"] = p.images_per_second;
  line["Resources/live_bytes"] = p.memory.live_bytes;
  line["Resources/peak_bytes"] = p.memory.peak_bytes;
  line["timestamp"] = std::time(nullptr);
  return line.dump();
}

class Loop {
 public:
  Loop(Trainer* trainer, Dataset* dataset, const RunDirectory& run, const LoopOptions& options, const TrainHooks& hooks)
      : trainer_(trainer),
        run_(run),
        hooks_(hooks),
        copy_(options.copy),
        config_(trainer->config()),
        data_(dataset->identity()),
        loader_(dataset, MakeLoaderOptions(options)),
        sheet_labels_(SheetLabels(*dataset, config_.model)),
        tick_images_(config_.tick_kimg * 1000),
        health_(config_),
        rollback_(trainer, run) {
    loader_.Seek(trainer->images_seen());
    last_good_ = CheckpointAt(run.path()).value_or("");
    progress_.total_kimg = config_.kimg;
    progress_.tick = Tick();
    UpdateProgress();
  }

  absl::StatusOr<TrainEnd> Run() {
    TakeCopy();
    if (trainer_->steps() == 0) ShowFakes("fakes_init.png");
    if (rollback_.enabled() && !rollback_.HasGoodState()) {
      rollback_.StartHere();
      SaveGoodState();
    }
    const int64_t total = config_.TotalSteps();
    while (trainer_->steps() < total) {
      const absl::Status stepped = Step();
      if (!stepped.ok()) {
        Save();
        return stepped;
      }
      const bool at_end = trainer_->steps() == total;
      const bool tick_ends = Tick() != progress_.tick || at_end;
      if (tick_ends) EndTick(at_end);
      // A rollback waits for the end of a tick: whether a user's request has read the gradients before must not matter.
      if (stats_.diverged_in_a_row() >= kDivergedInARow && (tick_ends || !rollback_.enabled())) {
        if (!RolledBack()) return Finish(TrainEnd::kDiverged);
        continue;
      }
      if (hooks_.stop_requested && hooks_.stop_requested()) return Finish(TrainEnd::kStopped);
      if (hooks_.save_requested && hooks_.save_requested()) Save();
    }
    return Finish(TrainEnd::kFinished);
  }

 private:
  struct Unproven {
    std::string path, diverged_path;
    bool saved = false;  // false: it may be incomplete in spite of its name, or not be there at all
  };

  LoaderOptions MakeLoaderOptions(const LoopOptions& options) {
    LoaderOptions loader;
    loader.batch = config_.batch;
    loader.seed = static_cast<uint64_t>(config_.seed);
    loader.workers = options.workers;
    loader.on_bad_image = [this](absl::string_view message) { Warn(absl::StrCat("skipped ", message)); };
    return loader;
  }

  int64_t Tick() const { return static_cast<int64_t>(trainer_->images_seen() / tick_images_); }

  absl::StatusOr<Batch> NextBatch() {
    const TraceScope trace("NextBatch");
    return loader_.Next();
  }

  absl::Status Step() {
    const absl::StatusOr<Batch> batch = NextBatch();
    if (!batch.ok()) return batch.status();
    const Clock::time_point begin = Clock::now();
    stats_.Add(trainer_->Step(*batch));
    const double rate = config_.batch / Seconds(Clock::now() - begin);
    // Smoothed over some twenty steps, so that a lazy regularizer does not make the estimate jump.
    rate_ = rate_ == 0 ? rate : 1 / (0.95 / rate_ + 0.05 / rate);
    saved_ = false;
    UpdateProgress();
    if (hooks_.on_step) hooks_.on_step(progress_);
    return absl::OkStatus();
  }

  void UpdateProgress() {
    progress_.step = trainer_->steps();
    progress_.kimg = trainer_->images_seen() / 1000.0;
    progress_.images_per_second = rate_;
    progress_.seconds_left = rate_ > 0 ? std::max(0.0, config_.kimg * 1000 - trainer_->images_seen()) / rate_ : 0;
    progress_.memory = MemoryStatsOf(trainer_->device());
  }

  void EndTick(bool at_end) {
    const bool whole = Tick() != progress_.tick;
    progress_.tick = Tick();
    progress_.scalars = stats_.Collect();
    rollback_.EndTick(whole, stats_.steady());
    if (stats_.diverged_in_a_row() == 0) TakeCopy();
    if (stats_.steady()) {
      for (const Unproven& checkpoint : unproven_) {
        if (checkpoint.saved) last_good_ = checkpoint.path;
      }
      unproven_.clear();
    }
    UpdateProgress();
    const absl::Status written = run_.AppendLine("stats.jsonl", StatsLine(progress_, *trainer_));
    if (!written.ok()) Warn(written.message());
    if (hooks_.on_tick) hooks_.on_tick(progress_);
    WarnAll(health_.Tick(progress_.scalars, trainer_->augment_at_limit()));
    const bool at_snapshot = at_end || progress_.tick % config_.snap == 0;
    TrainSnapshot snapshot;
    if (at_snapshot) snapshot.fakes = ShowFakes(FakesName(*trainer_));
    if (whole && progress_.tick % config_.snap == 0 && stats_.diverged_in_a_row() == 0) {
      const RollbackState before = rollback_.AtSnapshot();
      Save();
      if (!saved_) rollback_.Restore(before);
    } else if (at_snapshot || !save_status_.ok()) {  // After a failure the next snapshot may be hours away.
      Save();
    }
    const bool good = saved_ && stats_.diverged_in_a_row() == 0;
    if (!at_snapshot || !good || !hooks_.on_snapshot) return;
    snapshot.checkpoint = CheckpointPath(*trainer_, run_);
    hooks_.on_snapshot(progress_, snapshot);
  }

  std::vector<Image> ShowFakes(const std::string& name) {
    std::vector<Image> fakes = DrawFakes(*trainer_, sheet_labels_);
    Note(WriteFakes(fakes, run_, name));
    WarnAll(health_.Sheet(fakes));
    return fakes;
  }

  void TakeCopy() {
    if (copy_ == nullptr) return;
    const absl::Status taken = copy_->Take(*trainer_, run_, data_);
    if (!taken.ok()) Warn(taken.message());
  }

  void Save() {
    stats_.Read();
    // A state whose last gradients were not finite may be broken. It must not become the checkpoint to go on from.
    const bool diverged = stats_.diverged_in_a_row() > 0;
    rollback_.BeforeSave(stats_.steady_so_far());
    const std::string path = diverged ? DivergedPath(*trainer_, run_) : CheckpointPath(*trainer_, run_);
    const absl::Status place = run_.CheckPlace();
    save_status_ = place.ok() ? SaveCheckpoint(*trainer_, path, data_)
                              : absl::Status(place.code(), absl::StrCat(path, ": not written: ", place.message()));
    saved_ = save_status_.ok();
    // Also after an error: the file is in place if only its folder could not be synced.
    if (!diverged) unproven_.push_back({path, DivergedPath(*trainer_, run_), saved_});
    if (!saved_) return Warn(save_status_.message());
    Note(path);
    if (diverged) return Warn("the last gradients were not finite; this state does not count as a checkpoint");
    Prune({last_good_});
  }

  void Prune(std::vector<std::string> spared) {
    for (std::string& path : rollback_.NeededPaths()) spared.push_back(std::move(path));
    const absl::Status pruned = run_.PruneCheckpoints(config_.keep, spared);
    if (!pruned.ok()) Warn(pruned.message());
  }

  // Takes the checkpoints that led to the divergence out of the line of those to go on from.
  void SetAsideUnproven() {
    std::vector<RunDirectory::Renaming> renamings;  // of some that were pruned, too
    for (const Unproven& checkpoint : unproven_) renamings.push_back({checkpoint.path, checkpoint.diverged_path});
    std::vector<std::string> renamed;
    const absl::Status set_aside = run_.SetAside(renamings, &renamed);
    for (const std::string& path : renamed) Note(path);
    if (!set_aside.ok()) {
      Warn(absl::StrCat("a checkpoint that led to the divergence cannot be set aside: ", set_aside.message()));
    }
    unproven_.clear();
  }

  // Saves the state that a rollback goes back to.
  void SaveGoodState() {
    Save();
    unproven_.clear();
    last_good_ = rollback_.GoodPath();
  }

  // Goes back after a divergence. Returns whether training goes on.
  bool RolledBack() {
    if (!rollback_.enabled()) return false;
    const int64_t from = trainer_->steps();
    if (!rollback_.IsAllowed()) {
      Warn(absl::StrCat("diverged at step ", from, " after ", trainer_->rollback().count,
                        " rollbacks; --max-rollbacks=", config_.max_rollbacks, " allows no more"));
      return false;
    }
    const absl::Status back = rollback_.GoBack();
    if (!back.ok()) {
      Warn(absl::StrCat("diverged at step ", from, ", and cannot go back: ", back.message()));
      return false;
    }
    stats_ = TickStats();
    loader_.Seek(trainer_->images_seen());
    progress_.tick = Tick();
    UpdateProgress();
    SetAsideUnproven();
    const absl::StatusOr<std::vector<std::string>> set_aside = RewindRun(run_, *trainer_);
    if (!set_aside.ok()) {
      Warn(absl::StrCat("the folder cannot be taken back to step ", trainer_->steps(), ": ",
                        set_aside.status().message()));
      return false;
    }
    for (const std::string& path : *set_aside) Note(path);
    SaveGoodState();  // which knows of the rollback from here on, should the process end
    const absl::Status written = run_.AppendLine("stats.jsonl", RollbackLine(from));
    if (!written.ok()) Warn(written.message());
    Warn(absl::StrCat("diverged at step ", from, ": back to step ", trainer_->steps(), " (", last_good_,
                      "), with the learning rate ", trainer_->learning_rate(), "; rollback ",
                      trainer_->rollback().count, " of ", config_.max_rollbacks));
    TakeCopy();
    return true;
  }

  std::string RollbackLine(int64_t from) const {
    nlohmann::ordered_json line;
    line["step"] = trainer_->steps();
    line["Progress/tick"] = progress_.tick;
    line["Progress/kimg"] = progress_.kimg;
    line["Progress/diverged_step"] = from;
    AddRates(*trainer_, &line);
    line["timestamp"] = std::time(nullptr);
    return line.dump();
  }

  absl::StatusOr<TrainEnd> Finish(TrainEnd end) {
    // Nothing is saved if the folder has gone since.
    if (!saved_ || !run_.CheckPlace().ok()) Save();
    // Also if the diverged state could not be written: it must not be resumed from an earlier one of its kind.
    if (end == TrainEnd::kDiverged) SetAsideUnproven();
    if (!save_status_.ok()) return absl::UnavailableError(save_status_.message());
    if (end != TrainEnd::kDiverged && stats_.steady()) Prune(/*spared=*/{});
    return end;
  }

  void Note(const absl::StatusOr<std::string>& written) {
    if (!written.ok()) return Warn(written.status().message());
    if (hooks_.on_note) hooks_.on_note(*written);
  }
  void WarnAll(const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) Warn(warning);
  }
  void Warn(absl::string_view text) {
    if (hooks_.on_warning) hooks_.on_warning(text);
  }

  Trainer* const trainer_;
  const RunDirectory& run_;
  const TrainHooks& hooks_;
  CheckpointCopy* const copy_;
  const TrainConfig config_;
  const DataIdentity data_;
  BatchLoader loader_;
  const std::vector<float> sheet_labels_;
  const double tick_images_;
  TickStats stats_;
  HealthMonitor health_;
  Rollback rollback_;
  TrainProgress progress_;
  double rate_ = 0;
  bool saved_ = false;
  std::vector<Unproven> unproven_;  // the checkpoints of this loop after which no whole tick was steady
  std::string last_good_;           // the checkpoint before those; empty if there is none
  absl::Status save_status_;
};

}  // namespace

absl::StatusOr<TrainEnd> RunTraining(Trainer* trainer, Dataset* dataset, const RunDirectory& run,
                                     const LoopOptions& options, const TrainHooks& hooks) {
  return Loop(trainer, dataset, run, options, hooks).Run();
}

}  // namespace sg::gan
