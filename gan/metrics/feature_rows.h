// The features of a set of images, a row for each.
//
//   FeatureRows rows(EfficientNetLite0::kFeatures);
//   rows.values.insert(rows.values.end(), more.begin(), more.end());
#ifndef GAN_METRICS_FEATURE_ROWS_H_
#define GAN_METRICS_FEATURE_ROWS_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct FeatureRows {
  explicit FeatureRows(int64_t dim) : dim(dim) {}

  int64_t count() const { return static_cast<int64_t>(values.size()) / dim; }
  const float* row(int64_t i) const { return values.data() + i * dim; }

  int64_t dim;                // values in a row
  std::vector<float> values;  // [count,dim]
};

}  // namespace sg::gan

#endif  // GAN_METRICS_FEATURE_ROWS_H_
