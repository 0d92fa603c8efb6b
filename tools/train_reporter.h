// What `train` prints while it trains, and keeps in the run's log.txt.
//
//   TrainReporter reporter(run);
//   reporter.Profile(std::move(profile), 20);
//   absl::StatusOr<gan::TrainEnd> end = gan::RunTraining(&trainer, &dataset, run, options, reporter.Hooks());
//   reporter.Finish();
//   if (end.ok()) reporter.LogEnd(*end, trainer.config());
#ifndef TOOLS_TRAIN_REPORTER_H_
#define TOOLS_TRAIN_REPORTER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gan/config/config.h"
#include "gan/train/run_directory.h"
#include "gan/train/training_loop.h"
#include "tools/cli/profile.h"
#include "tools/cli/progress.h"

namespace sg::cli {

class TrainReporter {
 public:
  // The run must outlive this object.
  explicit TrainReporter(const gan::RunDirectory& run) : run_(run) {}

  // Prints one line, with control characters escaped, and appends it to log.txt.
  void Log(const std::string& text, Tone tone = Tone::kPlain);

  // Prints the loop's events; signals ask the loop to stop and to save. They refer to this object.
  gan::TrainHooks Hooks();

  // Shows how far an evaluation of metrics is. Returns whether to go on.
  bool ShowProgress(absl::string_view line);

  // Lets `profile` observe from now to the end of the given step. Null for none.
  void Profile(std::unique_ptr<TraceWriter> profile, int64_t last_step);

  // Ends the live line and a profile that is not complete.
  void Finish();

  // Says how the run ended and what can be done next. Every command in it can be copied into a shell.
  void LogEnd(gan::TrainEnd end, const gan::TrainConfig& config);

 private:
  void LogDiverged(const gan::TrainConfig& config);
  void EndProfile();

  const gan::RunDirectory& run_;
  ProgressLine progress_;
  bool log_failed_ = false;
  std::unique_ptr<TraceWriter> profile_;
  int64_t last_profiled_ = 0;  // step
};

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_REPORTER_H_
