#include "gan/metrics/feature_moments.h"

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <numeric>

#include "engine/base/check.h"

namespace sg::gan {
FeatureMoments::FeatureMoments(int64_t dim, int64_t expected_rows, int blocks)
    : dim_(dim), expected_rows_(std::max<int64_t>(expected_rows, 1)), blocks_(blocks) {
  SG_CHECK(dim > 0 && blocks > 0) << "[FeatureMoments] dim " << dim << ", blocks " << blocks;
}

void FeatureMoments::Add(absl::Span<const float> values) {
  SG_CHECK(static_cast<int64_t>(values.size()) % dim_ == 0) << "[FeatureMoments] " << values.size() << " values";
  waiting_.insert(waiting_.end(), values.begin(), values.end());
  if (static_cast<int64_t>(waiting_.size()) >= kPiece * dim_) Finish();
}

void FeatureMoments::Finish() {
  Sum(waiting_);
  waiting_.clear();
}

void FeatureMoments::Sum(absl::Span<const float> values) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t count = static_cast<int64_t>(values.size()) / dim_, last = blocks() - 1;
  for (int64_t begin = 0; begin < count;) {
    const int64_t b = std::min(rows_ * blocks() / expected_rows_, last);
    const int64_t block_end =
        b == last ? rows_ + count : (expected_rows_ * (b + 1) + blocks() - 1) / blocks();  // the first row of the next
    const int64_t rows = std::min({kPiece, count - begin, block_end - rows_});
    const Eigen::Map<const RowMajor> piece(values.data() + begin * dim_, rows, dim_);
    const Eigen::MatrixXd x = piece.cast<double>();
    Eigen::MatrixXd products = Eigen::MatrixXd::Zero(dim_, dim_);
    products.selfadjointView<Eigen::Upper>().rankUpdate(x.transpose());
    Block& block = blocks_[static_cast<size_t>(b)];
    block.sum.resize(dim_);
    block.products.resize(dim_ * (dim_ + 1) / 2);
    double* to = block.products.data();
    for (int64_t i = 0; i < dim_; ++i) {
      block.sum[i] += x.col(i).sum();
      const double* from = products.col(i).data();  // the upper triangle by columns is the lower one by rows
      for (int64_t j = 0; j <= i; ++j) *to++ += from[j];
    }
    block.rows += rows;
    rows_ += rows;
    begin += rows;
  }
}

Moments FeatureMoments::Total() const {
  std::vector<int> all(blocks_.size());
  std::iota(all.begin(), all.end(), 0);
  return Merged(all);
}

Moments FeatureMoments::Merged(absl::Span<const int> blocks) const {
  Moments m;
  m.mean.resize(dim_);
  m.covariance.resize(dim_ * dim_);
  for (const int b : blocks) {
    const Block& block = blocks_[static_cast<size_t>(b)];
    if (block.rows == 0) continue;
    m.rows += block.rows;
    const double* from = block.products.data();
    for (int64_t i = 0; i < dim_; ++i) {
      m.mean[i] += block.sum[i];
      for (int64_t j = 0; j <= i; ++j) m.covariance[i * dim_ + j] += *from++;
    }
  }
  SG_CHECK(m.rows > 0 && waiting_.empty()) << "[FeatureMoments] no rows, or no Finish";
  const double scale = 1 / static_cast<double>(m.rows);
  for (double& v : m.mean) v *= scale;
  for (int64_t i = 0; i < dim_; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double covariance = m.covariance[i * dim_ + j] * scale - m.mean[i] * m.mean[j];
      m.covariance[i * dim_ + j] = m.covariance[j * dim_ + i] = covariance;
    }
  }
  return m;
}

}  // namespace sg::gan
