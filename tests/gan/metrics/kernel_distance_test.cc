#include "gan/metrics/kernel_distance.h"

#include "gtest/gtest.h"
#include "tests/gan/metrics/numpy_rows.h"

namespace sg::gan {
namespace {

// The value is by NumPy, in f64.
TEST(KernelDistance, EqualsNumPys) {
  const NumpyRows rows;
  std::mt19937_64 random(1);
  const FeatureRows y = FirstRows(rows.y, 200);
  const Estimate kid = KernelDistance(rows.x, y, {}, Device::Cpu(), &random);
  EXPECT_NEAR(kid.value, 7.442212122, 2e-5);
  EXPECT_LT(kid.low, kid.value);
  EXPECT_GT(kid.high, kid.value);
}

TEST(KernelDistance, SubsetsAverageToTheWhole) {
  const NumpyRows rows;
  std::mt19937_64 random(1);
  KernelDistanceOptions options;
  options.subsets = 400;
  options.max_subset = 50;
  const Estimate subsets = KernelDistance(rows.x, FirstRows(rows.y, 200), options, Device::Cpu(), &random);
  EXPECT_NEAR(subsets.value, 7.442212122, 0.5);
}

// Of two samples of one distribution, about half of the estimates are below zero.
TEST(KernelDistance, IsUnbiased) {
  NumpyRandomState numbers(5);
  const FeatureRows pool = RandomRows(2000, 0, &numbers);
  double sum = 0;
  int negative = 0;
  constexpr int kPairs = 20;
  for (int i = 0; i < kPairs; ++i) {
    FeatureRows a(pool.dim), b(pool.dim);
    a.values.assign(pool.row(100 * i), pool.row(100 * i + 50));
    b.values.assign(pool.row(100 * i + 50), pool.row(100 * i + 100));
    std::mt19937_64 random(1);
    const double distance = KernelDistance(a, b, {}, Device::Cpu(), &random).value;
    sum += distance;
    negative += distance < 0;
  }
  EXPECT_GT(negative, kPairs / 5);
  EXPECT_LT(negative, kPairs - kPairs / 5);
}

// The interval is about as wide as the spread of independent samples.
TEST(KernelDistance, IntervalHasTheRightWidth) {
  NumpyRandomState numbers(6);
  const FeatureRows reals = RandomRows(100, 0, &numbers);
  NumpyRandomState fake_numbers(6);
  constexpr int kSamples = 60;
  const FeatureRows pool = RandomRows(100 * kSamples, 0.5, &fake_numbers);
  std::vector<double> values;
  double width = 0;
  for (int i = 0; i < kSamples; ++i) {
    FeatureRows fakes(pool.dim);
    fakes.values.assign(pool.row(100 * i), pool.row(100 * (i + 1)));
    std::mt19937_64 random(i);
    const Estimate kid = KernelDistance(reals, fakes, {}, Device::Cpu(), &random);
    values.push_back(kid.value);
    width += (kid.high - kid.low) / kSamples;
  }
  const Estimate spread = EstimateOf(0, values, 1);
  EXPECT_GT(width / (spread.high - spread.low), 0.6);
  EXPECT_LT(width / (spread.high - spread.low), 1.5);
}

}  // namespace
}  // namespace sg::gan
