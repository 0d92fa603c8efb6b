// A number with its 95 % confidence interval, by the bootstrap (Efron 1979) or by replicates of another kind.
//
//   Estimate mean = BootstrapMean(values, /*replicates=*/1000, &random);
//   std::printf("%g (%g to %g)", mean.value, mean.low, mean.high);
#ifndef GAN_METRICS_ESTIMATE_H_
#define GAN_METRICS_ESTIMATE_H_

#include <cstdint>
#include <random>

#include "absl/types/span.h"

namespace sg::gan {

struct Estimate {
  double value = 0;
  double low = 0, high = 0;
};

// The interval value +- 1.96 s, where s is the standard deviation of the replicates times `scale`. It is centered on
// the value rather than on the replicates, whose mean may be off: resampling repeats items, which adds bias to some
// statistics. A `scale` below 1 is for replicates of fewer items than the value has ("m out of n"): sqrt(m / n).
// At least two replicates.
Estimate EstimateOf(double value, absl::Span<const double> replicates, double scale);

// The mean of at least one value, with replicates that draw as many of the values with replacement.
Estimate BootstrapMean(absl::Span<const double> values, int replicates, std::mt19937_64* random);

// A whole number in [0, n). The same on every platform, unlike std::uniform_int_distribution.
inline int64_t RandomBelow(int64_t n, std::mt19937_64* random) {
  return static_cast<int64_t>((*random)() % static_cast<uint64_t>(n));
}

}  // namespace sg::gan

#endif  // GAN_METRICS_ESTIMATE_H_
