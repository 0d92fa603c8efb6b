// The kernel distance KID (Binkowski et al. 2018): the squared maximum mean discrepancy under the kernel
//   k(x, y) = (x . y / d + 1)^3
// by the unbiased estimate. Unlike the Frechet distance it has no bias at small numbers of images: two samples of one
// distribution have a distance of zero on average, and it may be slightly negative.
//
//   const Estimate kid = KernelDistance(reals, fakes, {}, device, &random);
#ifndef GAN_METRICS_KERNEL_DISTANCE_H_
#define GAN_METRICS_KERNEL_DISTANCE_H_

#include <cstdint>
#include <random>

#include "engine/base/device.h"
#include "gan/metrics/estimate.h"
#include "gan/metrics/feature_rows.h"

namespace sg::gan {

// The defaults are those of NVIDIA's tools.
struct KernelDistanceOptions {
  int subsets = 100;          // the mean over so many pairs of random subsets; a single one if they would be all rows
  int64_t max_subset = 1000;  // rows in a subset; fewer if there are fewer rows
  int replicates = 1000;      // of the interval, over all subsets
};

// Both sets need at least two rows. The interval covers the choice of the fakes, not that of the reals: replicates
// weight the fakes of a subset by how often they were drawn with replacement. Pairs of a fake with itself never count.
Estimate KernelDistance(const FeatureRows& reals, const FeatureRows& fakes, const KernelDistanceOptions& options,
                        Device device, std::mt19937_64* random);

}  // namespace sg::gan

#endif  // GAN_METRICS_KERNEL_DISTANCE_H_
