// Distances between the rows of two sets, of which only pieces are in memory.
//
//   ForEachDistance(fakes, reals, device, [&](int64_t i, int64_t j, double squared) {
//     nearest[i] = std::min(nearest[i], squared);
//   });
#ifndef GAN_METRICS_PAIR_DISTANCES_H_
#define GAN_METRICS_PAIR_DISTANCES_H_

#include <cstdint>
#include <functional>

#include "engine/base/device.h"
#include "gan/metrics/feature_rows.h"

namespace sg::gan {

// Calls visit(i, j, squared Euclidean distance of a_i and b_j) for all pairs; for each i, j runs upward. The distances
// are differences of f32 products, so those of nearly equal rows are rounded much, and may be negative.
void ForEachDistance(const FeatureRows& a, const FeatureRows& b, Device device,
                     const std::function<void(int64_t, int64_t, double)>& visit);

// The Euclidean distance of a_i and b_j, to full precision: 0 only for equal rows.
double DistanceOf(const FeatureRows& a, int64_t i, const FeatureRows& b, int64_t j);

}  // namespace sg::gan

#endif  // GAN_METRICS_PAIR_DISTANCES_H_
