// The mean and the covariance of features, accumulated in f64 as the features arrive. The memory does not depend on
// their number.
//
//   FeatureMoments fakes(EfficientNetLite0::kFeatures, /*expected_rows=*/50000, /*blocks=*/20);
//   fakes.Add(rows);  // as often as needed
//   fakes.Finish();
//   const Moments all = fakes.Total();
//   const Moments half = fakes.Merged({3, 0, 7, ...});  // of some of the blocks
#ifndef GAN_METRICS_FEATURE_MOMENTS_H_
#define GAN_METRICS_FEATURE_MOMENTS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace sg::gan {

struct Moments {
  int64_t rows = 0;
  std::vector<double> mean;        // [d]
  std::vector<double> covariance;  // [d,d]; the sum is divided by `rows`, as in NVIDIA's tools, not by rows - 1
};

class FeatureMoments {
 public:
  static constexpr int64_t kPiece = 512;

  // The rows go into `blocks` blocks of expected_rows / blocks, in the order in which they arrive; what comes later
  // than expected goes into the last. A block takes 4 d^2 bytes.
  FeatureMoments(int64_t dim, int64_t expected_rows, int blocks);

  // Values [n,d]. They must be finite.
  void Add(absl::Span<const float> values);
  // To be called after the last Add, and before Total and Merged.
  void Finish();

  int64_t rows() const { return rows_; }
  int blocks() const { return static_cast<int>(blocks_.size()); }

  // Of all rows. There must be one.
  Moments Total() const;
  // Of the rows of these blocks, which may repeat.
  Moments Merged(absl::Span<const int> blocks) const;

 private:
  struct Block {
    int64_t rows = 0;
    std::vector<double> sum;       // [d]
    std::vector<double> products;  // of each row with itself: the lower triangle, row by row
  };

  void Sum(absl::Span<const float> values);

  const int64_t dim_, expected_rows_;
  int64_t rows_ = 0;            // in the blocks
  std::vector<float> waiting_;  // rows that came after them, up to kPiece: the more at once, the cheaper
  std::vector<Block> blocks_;
};

}  // namespace sg::gan

#endif  // GAN_METRICS_FEATURE_MOMENTS_H_
