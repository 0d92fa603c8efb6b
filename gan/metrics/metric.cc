#include "gan/metrics/metric.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sg::gan {

absl::StatusOr<std::vector<Metric>> ParseMetrics(absl::string_view text) {
  std::vector<Metric> metrics;
  if (absl::StripAsciiWhitespace(text).empty()) return metrics;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::string name(absl::StripAsciiWhitespace(part));
    const absl::StatusOr<Metric> metric = ParseEnum<Metric>("metrics", name);
    if (!metric.ok()) return metric.status();
    if (std::find(metrics.begin(), metrics.end(), *metric) != metrics.end()) {
      return absl::InvalidArgumentError(absl::StrCat("metrics has \"", name, "\" twice"));
    }
    metrics.push_back(*metric);
  }
  return metrics;
}

bool NeedsReals(Metric metric) { return metric != Metric::kPathLength && metric != Metric::kMultiScaleSimilarity; }

bool NeedsNetwork(Metric metric) {
  return metric != Metric::kSlicedWasserstein && metric != Metric::kMultiScaleSimilarity;
}

}  // namespace sg::gan
