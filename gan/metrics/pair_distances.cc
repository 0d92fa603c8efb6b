#include "gan/metrics/pair_distances.h"

#include <algorithm>
#include <cmath>
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

}  // namespace

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

double DistanceOf(const FeatureRows& a, int64_t i, const FeatureRows& b, int64_t j) {
  SG_CHECK(a.dim == b.dim) << "[DistanceOf] rows of " << a.dim << " and " << b.dim << " values";
  double sum = 0;
  for (int64_t k = 0; k < a.dim; ++k) {
    const double difference = static_cast<double>(a.row(i)[k]) - b.row(j)[k];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

}  // namespace sg::gan
