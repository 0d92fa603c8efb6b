#include "gan/metrics/estimate.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(EstimateOf, IsCenteredOnTheValueAndAsWideAsTheReplicates) {
  // Mean 6, standard deviation 1; 1.96 of them in each direction.
  const Estimate e = EstimateOf(5, {5, 6, 7}, 1);
  EXPECT_EQ(e.value, 5);
  EXPECT_NEAR(e.low, 5 - 1.959964, 1e-6);
  EXPECT_NEAR(e.high, 5 + 1.959964, 1e-6);
  EXPECT_NEAR(EstimateOf(5, {5, 6, 7}, 0.5).high, 5 + 0.5 * 1.959964, 1e-6);
}

TEST(BootstrapMean, HasTheStandardErrorOfTheMean) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(i % 2 == 0 ? -1 : 3);
  std::mt19937_64 random(1);
  const Estimate e = BootstrapMean(values, 2000, &random);
  EXPECT_DOUBLE_EQ(e.value, 1);
  const double half = 1.96 * 2 / std::sqrt(400.0);  // the standard deviation of the values is 2
  EXPECT_NEAR(e.high - e.value, half, 0.05 * half);
  EXPECT_NEAR(e.value - e.low, half, 0.05 * half);
}

TEST(BootstrapMean, OfEqualValuesHasNoWidth) {
  std::mt19937_64 random(1);
  const Estimate e = BootstrapMean({2, 2, 2}, 10, &random);
  EXPECT_EQ(e.low, 2);
  EXPECT_EQ(e.high, 2);
}

TEST(RandomBelow, ReachesEveryNumberBelow) {
  std::mt19937_64 random(1);
  std::vector<int> seen(5);
  for (int i = 0; i < 200; ++i) ++seen[RandomBelow(5, &random)];
  for (const int count : seen) EXPECT_GT(count, 20);
}

}  // namespace
}  // namespace sg::gan
