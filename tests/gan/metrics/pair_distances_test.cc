#include "gan/metrics/pair_distances.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/metrics/numpy_rows.h"

namespace sg::gan {
namespace {

// More rows than one piece has.
TEST(PairDistances, AllPairsOnceAndInOrder) {
  NumpyRandomState numbers(3);
  const FeatureRows a = RandomRows(1030, 0, &numbers), b = RandomRows(1100, 0.5, &numbers);
  std::vector<int64_t> next(a.count(), 0);
  double largest_error = 0;
  ForEachDistance(a, b, Device::Cpu(), [&](int64_t i, int64_t j, double squared) {
    EXPECT_EQ(j, next[i]++);
    largest_error = std::max(largest_error, std::abs(std::sqrt(std::max(0.0, squared)) - DistanceOf(a, i, b, j)));
  });
  for (const int64_t count : next) EXPECT_EQ(count, b.count());
  EXPECT_LT(largest_error, 1e-2);
}

TEST(PairDistances, EqualRowsAreAtDistanceZero) {
  FeatureRows rows(3);
  rows.values = {1e6F, 2e6F, 3e6F, 1e6F, 2e6F, 3e6F, 1e6F, 2e6F, 3e6F + 1};
  EXPECT_EQ(DistanceOf(rows, 0, rows, 1), 0);
  EXPECT_EQ(DistanceOf(rows, 0, rows, 2), 1);
}

}  // namespace
}  // namespace sg::gan
