#include "gan/metrics/frechet_distance.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/metrics/numpy_rows.h"

namespace sg::gan {
namespace {

FeatureMoments MomentsOf(const FeatureRows& rows, int blocks) {
  FeatureMoments moments(rows.dim, rows.count(), blocks);
  moments.Add(rows.values);
  moments.Finish();
  return moments;
}

// The formula with SciPy's sqrtm, for features in f64. Ours are rounded to f32.
TEST(FrechetDistance, EqualsSciPys) {
  const NumpyRows rows;
  const FrechetDistance distance(MomentsOf(rows.x, 1).Total());
  EXPECT_NEAR(distance.To(MomentsOf(rows.y, 1).Total()), 41.182950118, 1e-4);
}

TEST(FrechetDistance, OfOneAxisIsTheDifferenceOfMeansAndDeviations) {
  Moments a, b;
  a.mean = {1}, a.covariance = {4};
  b.mean = {4}, b.covariance = {9};
  EXPECT_NEAR(FrechetDistance(a).To(b), 9 + 1, 1e-12);
}

// Two points in 16 dimensions: the covariance has rank 1, and its computed eigenvalues may be below zero.
TEST(FrechetDistance, OfSingularCovariances) {
  const FeatureRows few = FirstRows(NumpyRows().x, 2);
  const Moments m = MomentsOf(few, 1).Total();
  const double distance = FrechetDistance(m).To(m);
  EXPECT_TRUE(std::isfinite(distance));
  EXPECT_NEAR(distance, 0, 1e-4);
}

// The interval is about as wide as the spread of independent samples.
TEST(EstimateFrechetDistance, IntervalHasTheRightWidth) {
  NumpyRandomState numbers(3);
  const FrechetDistance reference(MomentsOf(RandomRows(2000, 0, &numbers), 1).Total());
  constexpr int kSamples = 60, kRows = 200;
  const FeatureRows pool = RandomRows(kRows * kSamples, 0.2, &numbers);
  std::vector<double> values;
  double width = 0;
  for (int i = 0; i < kSamples; ++i) {
    FeatureRows sample(pool.dim);
    sample.values.assign(pool.row(kRows * i), pool.row(kRows * (i + 1)));
    std::mt19937_64 random(i);
    const FeatureMoments moments = MomentsOf(sample, 20);
    const Estimate e = EstimateFrechetDistance(reference, moments, 40, &random);
    EXPECT_NEAR(e.value, reference.To(moments.Total()), 1e-9);
    values.push_back(e.value);
    width += (e.high - e.low) / kSamples;
  }
  const Estimate spread = EstimateOf(0, values, 1);
  EXPECT_GT(width / (spread.high - spread.low), 0.7);
  EXPECT_LT(width / (spread.high - spread.low), 1.5);
}

}  // namespace
}  // namespace sg::gan
