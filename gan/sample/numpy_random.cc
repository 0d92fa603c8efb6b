#include "gan/sample/numpy_random.h"

#include <cmath>
#include <utility>

namespace sg::gan {

double NumpyRandomState::Uniform() {
  const uint32_t high = static_cast<uint32_t>(engine_()) >> 5;  // 27 bits
  const uint32_t low = static_cast<uint32_t>(engine_()) >> 6;   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double NumpyRandomState::RandN() {
  if (spare_) return *std::exchange(spare_, std::nullopt);
  double x1, x2, r2;
  do {
    x1 = 2.0 * Uniform() - 1.0;
    x2 = 2.0 * Uniform() - 1.0;
    // volatile: a fused multiply-add would skip the rounding of one square and change the last bit.
    const volatile double square1 = x1 * x1, square2 = x2 * x2;
    r2 = square1 + square2;
  } while (r2 >= 1.0 || r2 == 0.0);
  const double f = std::sqrt(-2.0 * std::log(r2) / r2);
  spare_ = f * x1;
  return f * x2;
}

std::vector<double> NumpyRandomState::RandN(int64_t n) {
  std::vector<double> values(static_cast<size_t>(n));
  for (double& value : values) value = RandN();
  return values;
}

}  // namespace sg::gan
