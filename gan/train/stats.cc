#include "gan/train/stats.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sg::gan {
namespace {

// Of gradients. Those of networks that learn stay far below it.
constexpr double kUsualNorm = 1e5;

// The network "D" of a scalar "Gradient/D/norm"; empty for a scalar that is no gradient norm.
std::string NetworkOfGradient(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "Gradient/")) return "";
  return std::string(name.substr(0, name.find('/')));
}

}  // namespace

void TickStats::Add(std::vector<StepScalar> scalars) {
  for (StepScalar& s : scalars) pending_.push_back(std::move(s));
}

void TickStats::Read() {
  for (const StepScalar& s : pending_) {
    const double value = s.value.Item();
    const bool finite = std::isfinite(value);
    const std::string network = NetworkOfGradient(s.name);
    if (!network.empty()) {
      int64_t& row = diverged_in_a_row_[network];
      row = finite ? 0 : row + 1;
      steady_ = steady_ && finite && value <= kUsualNorm;
    }
    Sums& sum = sums_[s.name];
    if (!finite) continue;
    ++sum.num;
    sum.sum += value;
    sum.squares += value * value;
  }
  pending_.clear();
}

std::map<std::string, Summary> TickStats::Collect() {
  Read();
  std::map<std::string, Summary> summaries;
  for (const auto& [name, s] : sums_) {
    Summary& summary = summaries[name];
    summary.num = s.num;
    if (s.num == 0) continue;
    summary.mean = s.sum / s.num;
    summary.std = std::sqrt(std::max(0.0, s.squares / s.num - summary.mean * summary.mean));
  }
  sums_.clear();
  collected_steady_ = std::exchange(steady_, true);
  return summaries;
}

int64_t TickStats::diverged_in_a_row() const {
  int64_t longest = 0;
  for (const auto& [network, row] : diverged_in_a_row_) longest = std::max(longest, row);
  return longest;
}

}  // namespace sg::gan
