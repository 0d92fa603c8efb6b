#include "gan/metrics/precision_recall.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/check.h"
#include "gan/metrics/pair_distances.h"

namespace sg::gan {
namespace {

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
