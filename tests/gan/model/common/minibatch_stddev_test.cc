#include "gan/model/common/minibatch_stddev.h"

#include <cmath>
#include <vector>

#include "engine/ops/shape_ops.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::F64;
using testing::NormalF64;

class MinibatchStdDevParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, MinibatchStdDevParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(MinibatchStdDevParity, OfOneGroupIsPyTorchs) {
  testing::GoldenCase golden("minibatch_std_dev_4", GetParam());
  golden.ExpectMatches(MinibatchStdDev(golden.Input("x"), {}));
}

TEST_P(MinibatchStdDevParity, OfTwoGroupsIsPyTorchs) {
  testing::GoldenCase golden("minibatch_std_dev_8", GetParam());
  golden.ExpectMatches(MinibatchStdDev(golden.Input("x"), {}));
}

// Four images of two values each. In groups of two, image 0 is compared with 2, and 1 with 3.
Tensor Images() { return F64({4, 1, 1, 2}, {1, 5, 0, 10, 3, 1, 6, 2}); }

// The values of the added channel.
std::vector<double> Statistic(const MinibatchStdDevParams& params) {
  return testing::Values(Narrow(MinibatchStdDev(Images(), params), 3, 2, 1));
}

// Half the differences of the pairs are 1, 2 and 3, 4. Half the difference is the biased standard deviation of two
// values.
double Biased(double half_difference) { return std::sqrt(half_difference * half_difference + 1e-8); }
double Unbiased(double half_difference) { return std::sqrt(2 * half_difference * half_difference + 1e-8); }

void ExpectEach(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-14) << i;
}

TEST(MinibatchStdDev, IsOneStatisticForTheBatch) {
  const double mean = (Unbiased(1) + Unbiased(2) + Unbiased(3) + Unbiased(4)) / 4;
  ExpectEach(Statistic({/*group=*/2, /*per_group=*/false, /*unbiased=*/true}), {mean, mean, mean, mean});
}

TEST(MinibatchStdDev, IsBiasedOnRequest) {
  const double mean = (Biased(1) + Biased(2) + Biased(3) + Biased(4)) / 4;
  ExpectEach(Statistic({/*group=*/2, /*per_group=*/false, /*unbiased=*/false}), {mean, mean, mean, mean});
}

TEST(MinibatchStdDev, IsOneStatisticPerGroupOnRequest) {
  const double even = (Biased(1) + Biased(2)) / 2, odd = (Biased(3) + Biased(4)) / 2;
  ExpectEach(Statistic({/*group=*/2, /*per_group=*/true, /*unbiased=*/false}), {even, odd, even, odd});
}

// Half the differences of the two pairs are 1, 2, 3, 4 and 2, 4, 6, 8.
TEST(MinibatchStdDev, HasAChannelForEachPartOfTheFeatures) {
  MinibatchStdDevParams params = {/*group=*/2, /*per_group=*/true, /*unbiased=*/false};
  params.channels = 2;
  const Tensor x = F64({4, 1, 1, 4}, {1, 5, 0, 10, 0, 0, 0, 0, 3, 1, 6, 2, 4, 8, 12, 16});
  const Tensor y = MinibatchStdDev(x, params);
  EXPECT_EQ(y.shape(), Shape({4, 1, 1, 6}));
  testing::ExpectSameValues(Narrow(y, 3, 0, 4), x);
  // Image 0 is compared with 2, and 1 with 3. Each channel averages two features.
  const double even[] = {(Biased(1) + Biased(2)) / 2, (Biased(3) + Biased(4)) / 2};
  const double odd[] = {(Biased(2) + Biased(4)) / 2, (Biased(6) + Biased(8)) / 2};
  ExpectEach(testing::Values(Narrow(y, 3, 4, 2)), {even[0], even[1], odd[0], odd[1], even[0], even[1], odd[0], odd[1]});
  params.per_group = false;
  const double first = (even[0] + odd[0]) / 2, second = (even[1] + odd[1]) / 2;
  ExpectEach(testing::Values(Narrow(MinibatchStdDev(x, params), 3, 4, 2)),
             {first, second, first, second, first, second, first, second});
}

TEST(MinibatchStdDev, OfSeveralBatchesIsThatOfEach) {
  const Tensor a = NormalF64({4, 2, 3, 2}, 1), b = NormalF64({4, 2, 3, 2}, 2);
  for (const bool per_group : {false, true}) {
    MinibatchStdDevParams params = {/*group=*/2, per_group, /*unbiased=*/true};
    const Tensor want = Concat({MinibatchStdDev(a, params), MinibatchStdDev(b, params)}, 0);
    params.batches = 2;
    testing::ExpectSameValues(MinibatchStdDev(Concat({a, b}, 0), params), want);
  }
}

TEST(MinibatchStdDev, KeepsTheImages) {
  testing::ExpectSameValues(Narrow(MinibatchStdDev(Images(), {/*group=*/2}), 3, 0, 2), Images());
}

TEST(MinibatchStdDev, FillsEveryPixel) {
  for (const bool per_group : {false, true}) {
    const Tensor y = MinibatchStdDev(NormalF64({4, 2, 3, 2}, 1), {/*group=*/4, per_group, /*unbiased=*/true});
    EXPECT_EQ(y.shape(), Shape({4, 2, 3, 3}));
    const std::vector<double> statistic = testing::Values(Narrow(y, 3, 2, 1));
    for (double v : statistic) EXPECT_EQ(v, statistic[0]);
  }
}

TEST(MinibatchStdDev, DifferentiatesToSecondOrder) {
  for (const bool per_group : {false, true}) {
    for (const bool unbiased : {false, true}) {
      EXPECT_TRUE(testing::CheckGradients(
          [&](const std::vector<Tensor>& x) {
            return MinibatchStdDev(x[0], {/*group=*/2, per_group, unbiased});
          },
          {NormalF64({4, 1, 2, 2}, 1)}));
    }
  }
}

TEST(MinibatchStdDev, OfSeveralChannelsDifferentiatesToSecondOrder) {
  MinibatchStdDevParams params = {/*group=*/2, /*per_group=*/true, /*unbiased=*/false};
  params.channels = 2;
  EXPECT_TRUE(testing::CheckGradients([&](const std::vector<Tensor>& x) { return MinibatchStdDev(x[0], params); },
                                      {NormalF64({4, 1, 2, 4}, 1)}));
}

TEST(MinibatchStdDevDeathTest, NamesTheFeaturesThatDoNotDivide) {
  MinibatchStdDevParams params = {/*group=*/2};
  params.channels = 3;
  EXPECT_DEATH(MinibatchStdDev(NormalF64({4, 1, 1, 4}, 1), params),
               "\\[MinibatchStdDev\\] 4 features do not divide into 3 channels");
}

TEST(MinibatchStdDevDeathTest, NamesTheBatchAndTheGroup) {
  EXPECT_DEATH(MinibatchStdDev(NormalF64({6, 1, 1, 1}, 1), {/*group=*/4}),
               "\\[MinibatchStdDev\\] a batch of 6 does not divide into groups of 4");
  EXPECT_DEATH(MinibatchStdDev(NormalF64({8, 1, 1, 1}, 1), {/*group=*/4, true, true, /*batches=*/4}),
               "a batch of 2 does not divide into groups of 4");
}

}  // namespace
}  // namespace sg::gan
