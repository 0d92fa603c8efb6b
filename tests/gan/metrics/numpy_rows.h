// The two sets of features on which the distances are compared with other programs, as NumPy makes them:
//   r = np.random.RandomState(1)
//   X = r.randn(200, 16) @ r.randn(16, 16) * .5 + .3
//   Y = r.randn(300, 16) @ r.randn(16, 16) * .5
#ifndef TESTS_GAN_METRICS_NUMPY_ROWS_H_
#define TESTS_GAN_METRICS_NUMPY_ROWS_H_

#include <vector>

#include "gan/metrics/feature_rows.h"
#include "gan/sample/numpy_random.h"

namespace sg::gan {

inline FeatureRows RandomRows(int64_t count, double shift, NumpyRandomState* random) {
  constexpr int64_t kDim = 16;
  const std::vector<double> x = random->RandN(count * kDim), mix = random->RandN(kDim * kDim);
  FeatureRows rows(kDim);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < kDim; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < kDim; ++k) sum += x[i * kDim + k] * mix[k * kDim + j];
      rows.values.push_back(static_cast<float>(sum * 0.5 + shift));
    }
  }
  return rows;
}

struct NumpyRows {
  NumpyRows() : x(16), y(16) {
    NumpyRandomState random(1);
    x = RandomRows(200, 0.3, &random);
    y = RandomRows(300, 0, &random);
  }
  FeatureRows x, y;
};

// The first `count` rows.
inline FeatureRows FirstRows(const FeatureRows& rows, int64_t count) {
  FeatureRows first(rows.dim);
  first.values.assign(rows.row(0), rows.row(count));
  return first;
}

}  // namespace sg::gan

#endif  // TESTS_GAN_METRICS_NUMPY_ROWS_H_
