#include "gan/metrics/frechet_distance.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/parallel.h"

namespace sg::gan {
namespace {

// A symmetric matrix, for which the order of the storage does not matter.
Eigen::Map<const Eigen::MatrixXd> Square(const std::vector<double>& values, size_t dim) {
  const auto n = static_cast<Eigen::Index>(dim);
  return {values.data(), n, n};
}

}  // namespace

// By Cholesky's method with pivots, which ends at the rank of the covariance.
FrechetDistance::FrechetDistance(Moments reference) : reference_(std::move(reference)) {
  const size_t dim = reference_.mean.size();
  const auto covariance = Square(reference_.covariance, dim);
  const Eigen::Index n = covariance.rows();
  Eigen::MatrixXd factor(n, n);
  Eigen::VectorXd rest = covariance.diagonal();  // of the covariance less the columns so far
  const double rounding = static_cast<double>(dim) * std::numeric_limits<double>::epsilon() * rest.maxCoeff();
  Eigen::Index rank = 0;
  for (Eigen::Index pivot; rank < n; ++rank) {
    const double largest = rest.maxCoeff(&pivot);
    if (largest <= rounding) break;
    const Eigen::VectorXd known = factor.leftCols(rank) * factor.row(pivot).head(rank).transpose();
    factor.col(rank) = (covariance.col(pivot) - known) / std::sqrt(largest);
    rest -= factor.col(rank).cwiseAbs2();
    rest[pivot] = 0;
  }
  factor_.assign(factor.data(), factor.data() + n * rank);
}

double FrechetDistance::To(const Moments& other) const {
  const size_t dim = reference_.mean.size();
  SG_CHECK(other.mean.size() == dim) << "[FrechetDistance] " << dim << " and " << other.mean.size() << " dimensions";
  double distance = 0;
  for (size_t i = 0; i < dim; ++i) {
    const double difference = reference_.mean[i] - other.mean[i];
    distance += difference * difference + reference_.covariance[i * dim + i] + other.covariance[i * dim + i];
  }
  if (factor_.empty()) return distance;
  const auto rows = static_cast<Eigen::Index>(dim), rank = static_cast<Eigen::Index>(factor_.size() / dim);
  const Eigen::Map<const Eigen::MatrixXd> factor(factor_.data(), rows, rank);
  const Eigen::MatrixXd half = Square(other.covariance, dim) * factor;
  const Eigen::MatrixXd product = factor.transpose() * half;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(product, Eigen::EigenvaluesOnly);
  return distance - 2 * solver.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
}

Estimate EstimateFrechetDistance(const FrechetDistance& reference, const FeatureMoments& rows, int replicates,
                                 std::mt19937_64* random) {
  SG_CHECK(rows.blocks() % 2 == 0) << "[EstimateFrechetDistance] " << rows.blocks() << " blocks";
  std::vector<int> blocks(rows.blocks());
  std::iota(blocks.begin(), blocks.end(), 0);
  std::vector<std::vector<int>> halves;
  for (int r = 0; r < replicates; ++r) {
    for (int i = 0; i < rows.blocks() / 2; ++i) {
      std::swap(blocks[i], blocks[i + RandomBelow(rows.blocks() - i, random)]);
    }
    halves.emplace_back(blocks.begin(), blocks.begin() + rows.blocks() / 2);
  }
  std::vector<double> distances(replicates);
  ForEachInParallel(replicates, [&](int r) { distances[r] = reference.To(rows.Merged(halves[r])); });
  return EstimateOf(reference.To(rows.Total()), distances, /*scale=*/1);
}

}  // namespace sg::gan
