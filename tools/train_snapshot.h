// What `train` adds to the files of a snapshot: metrics, the nearest training images, and the page that shows the run.
//
//   SnapshotWork work(&trainer, &dataset, run, std::move(evaluator), &reporter);
//   hooks.on_snapshot = [&](const gan::TrainProgress&, const gan::TrainSnapshot& snapshot) { work.Do(snapshot); };
//   ...
//   work.WriteReport(report::RunState::kFinished);
//
// Training goes on without what fails; the log says so.
#ifndef TOOLS_TRAIN_SNAPSHOT_H_
#define TOOLS_TRAIN_SNAPSHOT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gan/data/dataset.h"
#include "gan/metrics/evaluator.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"
#include "gan/train/training_loop.h"
#include "tools/nearest_run.h"
#include "tools/report/run_report.h"
#include "tools/train_reporter.h"

namespace sg::cli {

inline constexpr char kReportName[] = "report.html";

class SnapshotWork {
 public:
  // All must outlive this object. Without an evaluator there are no metrics.
  SnapshotWork(const gan::Trainer* trainer, gan::Dataset* dataset, const gan::RunDirectory* run,
               std::optional<gan::MetricEvaluator> evaluator, TrainReporter* reporter);

  void Do(const gan::TrainSnapshot& snapshot);
  void WriteReport(report::RunState state);

 private:
  void Evaluate(const std::string& checkpoint);
  void FindNearest(const std::vector<gan::Image>& fakes);
  // Logs an error, unless it was the last one of its kind.
  void Warn(absl::string_view what, const absl::Status& error, std::string* last);

  const gan::Trainer* const trainer_;
  const gan::RunDirectory* const run_;
  std::optional<gan::MetricEvaluator> evaluator_;
  TrainReporter* const reporter_;
  NearestRun nearest_;
  report::RunReport report_;
  std::string last_nearest_error_, last_report_error_;
  bool told_of_report_ = false;
};

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_SNAPSHOT_H_
