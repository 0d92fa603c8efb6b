#include "gan/metrics/estimate.h"

#include <cmath>
#include <vector>

#include "engine/base/check.h"

namespace sg::gan {

Estimate EstimateOf(double value, absl::Span<const double> replicates, double scale) {
  SG_CHECK(replicates.size() >= 2) << "[EstimateOf] " << replicates.size() << " replicates";
  constexpr double kStandardDeviations = 1.959963984540054;  // of a normal distribution, for 95 %
  double mean = 0, squares = 0;
  for (const double r : replicates) mean += r;
  mean /= static_cast<double>(replicates.size());
  for (const double r : replicates) squares += (r - mean) * (r - mean);
  const double half = kStandardDeviations * scale * std::sqrt(squares / static_cast<double>(replicates.size() - 1));
  return {value, value - half, value + half};
}

Estimate BootstrapMean(absl::Span<const double> values, int replicates, std::mt19937_64* random) {
  SG_CHECK(!values.empty()) << "[BootstrapMean] no values";
  const auto n = static_cast<int64_t>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  std::vector<double> means;
  for (int r = 0; r < replicates; ++r) {
    double drawn = 0;
    for (int64_t i = 0; i < n; ++i) drawn += values[RandomBelow(n, random)];
    means.push_back(drawn / static_cast<double>(n));
  }
  return EstimateOf(sum / static_cast<double>(n), means, /*scale=*/1);
}

}  // namespace sg::gan
