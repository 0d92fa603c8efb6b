// The Frechet distance between two normal distributions (Heusel et al. 2017):
//   |mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2))
// Over features of the Inception network it is the FID; over others it is not, and the numbers do not compare.
//
//   const FrechetDistance from_reals(reals.Total());
//   const double distance = from_reals.To(fakes.Total());
//
// With fewer rows than dimensions, and for up to some times as many, the distance of samples is far above that of the
// distributions: it must be read together with the numbers of rows.
#ifndef GAN_METRICS_FRECHET_DISTANCE_H_
#define GAN_METRICS_FRECHET_DISTANCE_H_

#include <random>
#include <vector>

#include "gan/metrics/estimate.h"
#include "gan/metrics/feature_moments.h"

namespace sg::gan {

class FrechetDistance {
 public:
  // Decomposes the covariance once, for any number of distances: O(d^2 r).
  explicit FrechetDistance(Moments reference);

  // O(d^2 r) for a reference covariance of rank r. `other` must have as many dimensions as the reference. The trace of
  // the root is the sum of the roots of the eigenvalues of F^T B F, where A = F F^T; those below zero, which rounding
  // makes, count as zero. Thread-safe.
  double To(const Moments& other) const;

 private:
  const Moments reference_;
  std::vector<double> factor_;  // F [d,r], column by column
};

// The distance from `reference`, with an interval from replicates of a random half of the blocks each, drawn without
// replacement: half samples spread as much around their mean as whole samples do (the jackknife that deletes half, Shao
// and Tu 1995). Draws with replacement would not do, because the distance depends on how many rows are different. The
// interval covers the choice of the rows, but not that of the reference, and not the bias of few rows. Each replicate
// costs a To. An even number of blocks, and at least two replicates.
Estimate EstimateFrechetDistance(const FrechetDistance& reference, const FeatureMoments& rows, int replicates,
                                 std::mt19937_64* random);

}  // namespace sg::gan

#endif  // GAN_METRICS_FRECHET_DISTANCE_H_
