// Improved precision and recall (Kynkaanniemi et al. 2019). The manifold of a set of features is the union of the balls
// around its rows that reach to their third neighbor. Precision is the share of fakes in the manifold of the reals, the
// quality of images; recall is the share of reals in the manifold of the fakes, their variety.
//
//   const PrecisionRecall pr = EstimatePrecisionRecall(reals, fakes, /*replicates=*/1000, device, &random);
//   std::cout << pr.precision.value << " " << pr.recall.value;
#ifndef GAN_METRICS_PRECISION_RECALL_H_
#define GAN_METRICS_PRECISION_RECALL_H_

#include <random>

#include "engine/base/device.h"
#include "gan/metrics/estimate.h"
#include "gan/metrics/feature_rows.h"

namespace sg::gan {

constexpr int kManifoldNeighbors = 3;

struct PrecisionRecall {
  Estimate precision, recall;
};

// Each set needs more rows than kManifoldNeighbors. O(N^2) distances, in pieces. The intervals cover the choice of
// those that are looked up in a manifold, but not of those that span it.
PrecisionRecall EstimatePrecisionRecall(const FeatureRows& reals, const FeatureRows& fakes, int replicates,
                                        Device device, std::mt19937_64* random);

}  // namespace sg::gan

#endif  // GAN_METRICS_PRECISION_RECALL_H_
