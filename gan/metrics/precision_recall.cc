#include "gan/metrics/precision_recall.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/check.h"
#include "engine/ops/matmul.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor.h"

namespace sg::gan {
namespace {

constexpr int64_t kPiece = 1024;  // rows of each set whose distances are in memory at a time

double SquaredNorm(const FeatureRows& rows, int64_t i) {
  double sum = 0;
  for (int64_t k = 0; k < rows.dim; ++k) sum += static_cast<double>(rows.row(i)[k]) * rows.row(i)[k];
  return sum;
}

Tensor Piece(const FeatureRows& rows, int64_t begin, int64_t count, Device device) {
  return Tensor::FromHost<float>({count, rows.dim}, absl::MakeConstSpan(rows.row(begin), count * rows.dim), device);
}

// Calls visit(i, j, squared distance of a_i and b_j) for all pairs; for each i, j runs upward.
void ForEachDistance(const FeatureRows& a, const FeatureRows& b, Device device,
                     const std::function<void(int64_t, int64_t, double)>& visit) {
  const RecordScope no_record(false);
  MatMulParams params;
  params.transpose_b = true;
  std::vector<double> norms(b.count());
  for (int64_t j = 0; j < b.count(); ++j) norms[j] = SquaredNorm(b, j);
  for (int64_t i0 = 0; i0 < a.count(); i0 += kPiece) {
    const int64_t rows = std::min(kPiece, a.count() - i0);
    const Tensor x = Piece(a, i0, rows, device);
    for (int64_t j0 = 0; j0 < b.count(); j0 += kPiece) {
      const int64_t columns = std::min(kPiece, b.count() - j0);
      const std::vector<float> products = MatMul(x, Piece(b, j0, columns, device), params).ToHost<float>();
      for (int64_t i = 0; i < rows; ++i) {
        const double norm = SquaredNorm(a, i0 + i);
        for (int64_t j = 0; j < columns; ++j) {
          visit(i0 + i, j0 + j, norm + norms[j0 + j] - 2 * static_cast<double>(products[i * columns + j]));
        }
      }
    }
  }
}

// For each row, the squared distance to its neighbor number kManifoldNeighbors, other than itself.
std::vector<double> SquaredRadii(const FeatureRows& rows, Device device) {
  std::vector<std::vector<double>> nearest(rows.count());  // heaps with the farthest on top
  ForEachDistance(rows, rows, device, [&](int64_t i, int64_t j, double distance) {
    std::vector<double>& heap = nearest[i];
    if (i == j || (heap.size() == kManifoldNeighbors && distance >= heap.front())) return;
    if (heap.size() == kManifoldNeighbors) {
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.push_back(distance);
    std::push_heap(heap.begin(), heap.end());
  });
  std::vector<double> radii;
  for (const std::vector<double>& heap : nearest) radii.push_back(heap.front());
  return radii;
}

// For each probe, whether it is in the manifold: 1 or 0.
std::vector<double> InManifold(const FeatureRows& manifold, const FeatureRows& probes, Device device) {
  const std::vector<double> radii = SquaredRadii(manifold, device);
  std::vector<double> inside(probes.count());
  ForEachDistance(probes, manifold, device, [&](int64_t i, int64_t j, double distance) {
    if (distance <= radii[j]) inside[i] = 1;
  });
  return inside;
}

}  // namespace

PrecisionRecall EstimatePrecisionRecall(const FeatureRows& reals, const FeatureRows& fakes, int replicates,
                                        Device device, std::mt19937_64* random) {
  SG_CHECK(std::min(reals.count(), fakes.count()) > kManifoldNeighbors && reals.dim == fakes.dim)
      << "[PrecisionRecall] " << reals.count() << " and " << fakes.count() << " rows";
  PrecisionRecall pr;
  pr.precision = BootstrapMean(InManifold(reals, fakes, device), replicates, random);
  pr.recall = BootstrapMean(InManifold(fakes, reals, device), replicates, random);
  return pr;
}

}  // namespace sg::gan
