#include "gan/metrics/precision_recall.h"

#include "gtest/gtest.h"
#include "tests/gan/metrics/numpy_rows.h"

namespace sg::gan {
namespace {

// The values are by NumPy.
TEST(PrecisionRecall, EqualsNumPys) {
  const NumpyRows rows;
  std::mt19937_64 random(1);
  const PrecisionRecall pr = EstimatePrecisionRecall(/*reals=*/rows.y, /*fakes=*/rows.x, 200, Device::Cpu(), &random);
  EXPECT_NEAR(pr.precision.value, 0.11, 1e-9);
  EXPECT_NEAR(pr.recall.value, 91 / 300.0, 1e-9);
  EXPECT_LT(pr.recall.low, pr.recall.value);
  EXPECT_GT(pr.recall.high, pr.recall.value);
}

// On a line, with a far outlier whose ball holds everything.
TEST(PrecisionRecall, BallsReachToTheThirdNeighbor) {
  FeatureRows reals(1), fakes(1);
  reals.values = {0, 1, 2, 3, 4};
  fakes.values = {-2.5, 6.5, 7.5, 2.2};  // the balls of the ends have radius 3
  std::mt19937_64 random(1);
  const PrecisionRecall pr = EstimatePrecisionRecall(reals, fakes, 10, Device::Cpu(), &random);
  EXPECT_DOUBLE_EQ(pr.precision.value, 0.75);
}

// More rows than the pieces in which distances are computed.
TEST(PrecisionRecall, OfManyRows) {
  NumpyRandomState numbers(7);
  const FeatureRows rows = RandomRows(2500, 0, &numbers);
  FeatureRows far = rows;
  for (float& v : far.values) v += 1000;
  std::mt19937_64 random(1);
  const PrecisionRecall same = EstimatePrecisionRecall(rows, rows, 10, Device::Cpu(), &random);
  EXPECT_EQ(same.precision.value, 1);
  EXPECT_EQ(same.recall.value, 1);
  const PrecisionRecall apart = EstimatePrecisionRecall(rows, far, 10, Device::Cpu(), &random);
  EXPECT_EQ(apart.precision.value, 0);
  EXPECT_EQ(apart.recall.value, 0);
}

}  // namespace
}  // namespace sg::gan
