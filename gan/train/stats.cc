#include "gan/train/stats.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"

namespace sg::gan {

void TickStats::Add(std::vector<StepScalar> scalars) {
  for (StepScalar& s : scalars) pending_.push_back(std::move(s));
}

std::map<std::string, Summary> TickStats::Collect() {
  struct Sums {
    int64_t num = 0;
    double sum = 0, squares = 0;
  };
  std::map<std::string, Sums> sums;
  for (const StepScalar& s : pending_) {
    const double value = s.value.Item();
    const bool finite = std::isfinite(value);
    if (absl::StartsWith(s.name, "Gradient/")) diverged_in_a_row_ = finite ? 0 : diverged_in_a_row_ + 1;
    Sums& sum = sums[s.name];
    if (!finite) continue;
    ++sum.num;
    sum.sum += value;
    sum.squares += value * value;
  }
  pending_.clear();
  std::map<std::string, Summary> summaries;
  for (const auto& [name, s] : sums) {
    Summary& summary = summaries[name];
    summary.num = s.num;
    if (s.num == 0) continue;
    summary.mean = s.sum / s.num;
    summary.std = std::sqrt(std::max(0.0, s.squares / s.num - summary.mean * summary.mean));
  }
  return summaries;
}

}  // namespace sg::gan
