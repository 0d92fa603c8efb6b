#include "tools/metric_run.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gan/config/enums.h"
#include "gan/metrics/metric.h"
#include "gan/metrics/metric_result.h"
#include "gan/sample/sampler.h"
#include "nlohmann/json.hpp"
#include "tools/cli/bundled_data.h"
#include "tools/cli/progress.h"

namespace sg::cli {
namespace {

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string DefaultCacheFolder() {
  constexpr char kName[] = "stylegan2.cpp/metrics";
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return absl::StrCat(cache, "/", kName);  // the standard ignores relative paths
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? absl::StrCat(home, "/.cache/", kName) : "";
}

absl::StatusOr<gan::MetricEvaluator> MakeEvaluator(const gan::MetricOptions& options, const gan::ModelConfig& model,
                                                   gan::Dataset* dataset, Device device) {
  std::string weights;
  for (const gan::Metric metric : options.metrics) {
    if (!gan::NeedsNetwork(metric) || !weights.empty()) continue;
    absl::StatusOr<std::string> path = BundledFeatureNetworkPath();
    if (!path.ok()) return path.status();
    weights = *std::move(path);
  }
  return gan::MetricEvaluator::Make(options, model, dataset, weights, device);
}

MetricTimer::MetricTimer(std::function<double()> now) : now_(now ? std::move(now) : SteadySeconds) {}

std::string MetricTimer::Line(absl::string_view what, int64_t done, int64_t total) {
  if (what != what_) {
    what_ = std::string(what);
    begin_ = now_();
    first_ = done;
  }
  if (total <= 1) return what_;
  const double seconds = now_() - begin_;
  const double rate = seconds > 0 ? static_cast<double>(done - first_) / seconds : 0;
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : -1;
  return absl::StrCat(what_, " ", done, "/", total, " | ", FormatRate(rate, "img"), " | ETA ", FormatDuration(left));
}

absl::StatusOr<std::vector<std::string>> EvaluateRun(gan::MetricEvaluator* evaluator, const gan::Trainer& trainer,
                                                     const gan::RunDirectory& run, const std::string& checkpoint,
                                                     const gan::MetricProgress& progress) {
  const gan::Sampler sampler(trainer.config().model, trainer.average(), trainer.latent_average());
  const absl::StatusOr<std::vector<gan::MetricResult>> results = evaluator->Evaluate(sampler, progress);
  if (!results.ok()) return results.status();
  std::vector<std::string> text;
  nlohmann::ordered_json stats;
  for (const gan::MetricResult& result : *results) {
    const std::string file = absl::StrCat("metric-", gan::EnumName(result.metric), ".jsonl");
    const absl::Status written = run.AppendLine(file, JsonLine(result, checkpoint, trainer.steps()));
    if (!written.ok()) return written;
    for (const auto& [name, estimate] : result.values) stats[absl::StrCat("Metrics/", name)] = estimate.value;
    for (std::string& line : TextLines(result)) text.push_back(std::move(line));
  }
  stats["step"] = trainer.steps();
  stats["Progress/kimg"] = static_cast<double>(trainer.images_seen()) / 1000;
  stats["timestamp"] = std::time(nullptr);
  const absl::Status written = run.AppendLine("stats.jsonl", stats.dump());
  if (!written.ok()) return written;
  return text;
}

}  // namespace sg::cli
