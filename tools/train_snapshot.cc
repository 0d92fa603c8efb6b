#include "tools/train_snapshot.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/cli/progress.h"
#include "tools/metric_run.h"

namespace sg::cli {

SnapshotWork::SnapshotWork(const gan::Trainer* trainer, gan::Dataset* dataset, const gan::RunDirectory* run,
                           std::optional<gan::MetricEvaluator> evaluator, TrainReporter* reporter)
    : trainer_(trainer),
      run_(run),
      evaluator_(std::move(evaluator)),
      reporter_(reporter),
      nearest_(dataset, trainer->device()),
      report_(run->path()) {}

void SnapshotWork::Do(const gan::TrainSnapshot& snapshot) {
  if (evaluator_) Evaluate(snapshot.checkpoint);
  FindNearest(snapshot.fakes);
  WriteReport(report::RunState::kTraining);
}

void SnapshotWork::Evaluate(const std::string& checkpoint) {
  MetricTimer timer;
  const absl::StatusOr<std::vector<std::string>> lines =
      EvaluateRun(&*evaluator_, *trainer_, *run_, checkpoint, [&](absl::string_view what, int64_t done, int64_t total) {
        return reporter_->ShowProgress(timer.Line(what, done, total));
      });
  if (!lines.ok()) {
    return reporter_->Log(absl::StrCat("warning: no metrics: ", lines.status().message()), Tone::kWarning);
  }
  for (const std::string& line : *lines) reporter_->Log(line);
}

void SnapshotWork::FindNearest(const std::vector<gan::Image>& fakes) {
  MetricTimer timer;
  const absl::StatusOr<std::string> line =
      nearest_.Update(fakes, evaluator_ ? &*evaluator_ : nullptr, *trainer_, *run_,
                      [&](absl::string_view what, int64_t done, int64_t total) {
                        return reporter_->ShowProgress(timer.Line(what, done, total));
                      });
  if (line.ok()) return reporter_->Log(*line);
  Warn("the nearest training images are not shown", line.status(), &last_nearest_error_);
}

void SnapshotWork::WriteReport(report::RunState state) {
  const absl::Status place = run_->CheckPlace();
  const std::string path = run_->File(kReportName);
  const absl::Status written = place.ok() ? report_.Write(path, state) : place;
  if (!written.ok()) return Warn("the report is not written", written, &last_report_error_);
  if (!std::exchange(told_of_report_, true)) reporter_->Log(absl::StrCat("wrote ", path));
}

void SnapshotWork::Warn(absl::string_view what, const absl::Status& error, std::string* last) {
  std::string text = absl::StrCat("warning: ", what, ": ", error.message());
  if (absl::IsCancelled(error) || text == *last) return;
  *last = std::move(text);
  reporter_->Log(*last, Tone::kWarning);
}

}  // namespace sg::cli
