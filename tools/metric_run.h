// What `metrics` and `train` share to compute metrics.
//
//   absl::StatusOr<gan::MetricEvaluator> evaluator = MakeEvaluator(options, model, dataset.get(), device);
//   MetricTimer timer;
//   evaluator->Evaluate(sampler, [&](absl::string_view what, int64_t done, int64_t total) {
//     progress.Update(timer.Line(what, done, total));
//     return !StopRequested();
//   });
#ifndef TOOLS_METRIC_RUN_H_
#define TOOLS_METRIC_RUN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/device.h"
#include "gan/config/config.h"
#include "gan/data/dataset.h"
#include "gan/metrics/data_statistics.h"
#include "gan/metrics/evaluator.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::cli {

// The most fakes that a flag may ask for.
inline constexpr int64_t kMaxFakes = 10000000;

// The folder in which the user's programs keep what they can compute again, with our name: $XDG_CACHE_HOME or ~/.cache.
// Empty if there is none.
std::string DefaultCacheFolder();

// The evaluator with the bundled feature network. Errors: those of MetricEvaluator::Make; NotFound without the network.
absl::StatusOr<gan::MetricEvaluator> MakeEvaluator(const gan::MetricOptions& options, const gan::ModelConfig& model,
                                                   gan::Dataset* dataset, Device device);

// Turns the progress of an evaluation into lines: "images 1200/10000 | 85.2 img/s | ETA 1m 43s".
class MetricTimer {
 public:
  // `now` gives seconds; by default those of a steady clock.
  explicit MetricTimer(std::function<double()> now = nullptr);

  std::string Line(absl::string_view what, int64_t done, int64_t total);

 private:
  std::function<double()> now_;
  std::string what_;
  double begin_ = 0;
  int64_t first_ = 0;  // done when `what_` began
};

// Evaluates the averaged generator of a run whose state was saved at `checkpoint`. Appends a line for each metric to
// metric-<name>.jsonl, and one with all values ("Metrics/kid_efflite0") to stats.jsonl. Returns the values as text for
// the log, a line each.
absl::StatusOr<std::vector<std::string>> EvaluateRun(gan::MetricEvaluator* evaluator, const gan::Trainer& trainer,
                                                     const gan::RunDirectory& run, const std::string& checkpoint,
                                                     const gan::MetricProgress& progress);

}  // namespace sg::cli

#endif  // TOOLS_METRIC_RUN_H_
