#include "gan/metrics/kernel_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/ops/matmul.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor.h"

namespace sg::gan {
namespace {

// `size` random rows, or all of them in order.
Tensor Subset(const FeatureRows& rows, int64_t size, Device device, std::mt19937_64* random) {
  if (size == rows.count()) return Tensor::FromHost<float>({size, rows.dim}, rows.values, device);
  std::vector<int64_t> order(rows.count());
  std::iota(order.begin(), order.end(), 0);
  std::vector<float> values;
  values.reserve(size * rows.dim);
  for (int64_t i = 0; i < size; ++i) {
    std::swap(order[i], order[i + RandomBelow(rows.count() - i, random)]);
    values.insert(values.end(), rows.row(order[i]), rows.row(order[i]) + rows.dim);
  }
  return Tensor::FromHost<float>({size, rows.dim}, values, device);
}

// k(a_i, b_j) for all pairs, [m,m].
std::vector<double> KernelMatrix(const Tensor& a, const Tensor& b) {
  MatMulParams params;
  params.transpose_b = true;
  params.alpha = 1.0 / static_cast<double>(a.dim(1));
  std::vector<double> kernel;
  kernel.reserve(a.dim(0) * b.dim(0));
  for (const float product : MatMul(a, b, params).ToHost<float>()) {
    const double base = static_cast<double>(product) + 1;
    kernel.push_back(base * base * base);
  }
  return kernel;
}

// The kernels of one pair of subsets with m rows each.
struct Kernels {
  int64_t m;
  double reals;                       // the mean over pairs of two different reals
  std::vector<double> fakes;          // [m,m]
  std::vector<double> fake_to_reals;  // [m]: the mean over the reals
};

double MeanOffDiagonal(const std::vector<double>& kernel, int64_t m) {
  double sum = 0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < m; ++j) sum += i == j ? 0 : kernel[i * m + j];
  }
  return sum / static_cast<double>(m * (m - 1));
}

Kernels MakeKernels(const Tensor& reals, const Tensor& fakes) {
  const int64_t m = reals.dim(0);
  Kernels k = {m, MeanOffDiagonal(KernelMatrix(reals, reals), m), KernelMatrix(fakes, fakes), std::vector<double>(m)};
  const std::vector<double> cross = KernelMatrix(fakes, reals);
  for (int64_t i = 0; i < m; ++i) {
    k.fake_to_reals[i] =
        std::accumulate(cross.begin() + i * m, cross.begin() + (i + 1) * m, 0.0) / static_cast<double>(m);
  }
  return k;
}

// The distance if fake i counts weights[i] times; the weights sum to m.
double Distance(const Kernels& k, const std::vector<double>& weights) {
  double within = 0, cross = 0, same = 0;
  for (int64_t i = 0; i < k.m; ++i) {
    same += weights[i] * weights[i];
    cross += weights[i] * k.fake_to_reals[i];
    if (weights[i] == 0) continue;
    double row = 0;
    for (int64_t j = 0; j < k.m; ++j) row += weights[j] * k.fakes[i * k.m + j];
    within += weights[i] * (row - weights[i] * k.fakes[i * k.m + i]);
  }
  const auto m = static_cast<double>(k.m);
  return k.reals + within / (m * m - same) - 2 * cross / m;
}

// How often each of m items comes up in m draws with replacement. Draws of one item alone have no pairs and are
// repeated.
std::vector<double> RandomWeights(int64_t m, std::mt19937_64* random) {
  while (true) {
    std::vector<double> weights(m);
    for (int64_t i = 0; i < m; ++i) ++weights[RandomBelow(m, random)];
    if (*std::max_element(weights.begin(), weights.end()) < static_cast<double>(m)) return weights;
  }
}

}  // namespace

Estimate KernelDistance(const FeatureRows& reals, const FeatureRows& fakes, const KernelDistanceOptions& options,
                        Device device, std::mt19937_64* random) {
  const int64_t m = std::min({options.max_subset, reals.count(), fakes.count()});
  SG_CHECK(m >= 2 && reals.dim == fakes.dim && options.subsets >= 1)
      << "[KernelDistance] " << reals.count() << " and " << fakes.count() << " rows, " << options.subsets << " subsets";
  const RecordScope no_record(false);
  const bool all = m == reals.count() && m == fakes.count();
  const int subsets = all ? 1 : options.subsets;
  const int replicates = std::max(2, options.replicates / subsets);
  double sum = 0;
  std::vector<double> deviations;
  for (int s = 0; s < subsets; ++s) {
    const Tensor x = Subset(reals, m, device, random);
    const Kernels kernels = MakeKernels(x, Subset(fakes, m, device, random));
    const double distance = Distance(kernels, std::vector<double>(m, 1));
    sum += distance;
    for (int r = 0; r < replicates; ++r) {
      deviations.push_back(Distance(kernels, RandomWeights(m, random)) - distance);
    }
  }
  return EstimateOf(sum / subsets, deviations, std::sqrt(static_cast<double>(m) / static_cast<double>(fakes.count())));
}

}  // namespace sg::gan
