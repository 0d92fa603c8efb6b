#include "engine/ops/reduce.h"

#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NormalF64;

using Tensors = std::vector<Tensor>;

class ReduceValues : public ::testing::TestWithParam<Device> {
 protected:
  const Tensor x_ = F32({2, 3}, {1, 2, 6, 3, 5, 10}, GetParam());
};

INSTANTIATE_TEST_SUITE_P(Devices, ReduceValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(ReduceValues, SumAndMeanOfEverything) {
  EXPECT_EQ(Sum(x_).shape(), Shape({}));
  ExpectValues(Sum(x_), {27});
  ExpectValues(Mean(x_), {4.5}, 1e-6);
}

TEST_P(ReduceValues, SumAndMeanOverDimensions) {
  EXPECT_EQ(Sum(x_, {1}).shape(), Shape({2}));
  ExpectValues(Sum(x_, {1}), {9, 18});
  ExpectValues(Sum(x_, {0}), {4, 7, 16});
  ExpectValues(Sum(x_, {-1}), {9, 18});
  ExpectValues(Sum(x_, {0, 1}), {27});
  ExpectValues(Mean(x_, {1}), {3, 6}, 1e-6);
  ExpectValues(Mean(x_, {-2}), {2, 3.5, 8}, 1e-6);
  const Tensor middle = Sum(F32({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, GetParam()), {1});
  EXPECT_EQ(middle.shape(), Shape({2, 2}));
  ExpectValues(middle, {4, 6, 12, 14});
}

TEST_P(ReduceValues, KeptDimensionsHaveExtentOne) {
  EXPECT_EQ(Sum(x_, {1}, /*keep_dims=*/true).shape(), Shape({2, 1}));
  EXPECT_EQ(Mean(x_, {0}, /*keep_dims=*/true).shape(), Shape({1, 3}));
  EXPECT_EQ(Variance(x_, {0, 1}, 1, /*keep_dims=*/true).shape(), Shape({1, 1}));
}

TEST_P(ReduceValues, NoDimensionsSumNothing) { ExpectValues(Sum(x_, std::vector<int>()), {1, 2, 6, 3, 5, 10}); }

TEST_P(ReduceValues, VarianceWithBothCorrections) {
  // Deviations of the rows: (-2, -1, 3), (-3, -1, 4).
  ExpectValues(Variance(x_, {1}, 0), {14.0 / 3, 26.0 / 3}, 1e-5);
  ExpectValues(Variance(x_, {1}, 1), {7, 13}, 1e-5);
  // Over all elements, with mean 4.5: squares 12.25 + 6.25 + 2.25 + 2.25 + 0.25 + 30.25 = 53.5.
  ExpectValues(Variance(x_, {0, 1}, 0), {53.5 / 6}, 1e-5);
  ExpectValues(Variance(x_, {0, 1}, 1), {10.7}, 1e-5);
}

TEST_P(ReduceValues, VarianceKeepsItsPrecisionFarFromZero) {
  ExpectValues(Variance(F32({4}, {10001, 10002, 10003, 10004}, GetParam()), {0}, 0), {1.25}, 1e-5);
}

TEST(Reduce, VarianceIsTheMeanOfSquaresMinusTheSquareOfTheMean) {
  const Tensor x = NormalF64({3, 4, 5}, 1);
  ExpectSameValues(Variance(x, {0, 2}, 0), Mean(Square(x), {0, 2}) - Square(Mean(x, {0, 2})), 1e-12);
}

struct ReduceCase {
  std::vector<int> dims;
  bool keep_dims;
};

class ReduceGradients : public ::testing::TestWithParam<ReduceCase> {};

INSTANTIATE_TEST_SUITE_P(Dims, ReduceGradients,
                         ::testing::Values(ReduceCase{{0}, false}, ReduceCase{{1}, true}, ReduceCase{{-1}, false},
                                           ReduceCase{{0, 2}, false}, ReduceCase{{2, 0}, true},
                                           ReduceCase{{0, 1, 2}, false}, ReduceCase{{0, 1, 2}, true}));

TEST_P(ReduceGradients, Sum) {
  const ReduceCase c = GetParam();
  EXPECT_TRUE(
      CheckGradients([&](const Tensors& x) { return Sum(x[0], c.dims, c.keep_dims); }, {NormalF64({2, 3, 4}, 1)}));
}

TEST_P(ReduceGradients, Mean) {
  const ReduceCase c = GetParam();
  EXPECT_TRUE(
      CheckGradients([&](const Tensors& x) { return Mean(x[0], c.dims, c.keep_dims); }, {NormalF64({2, 3, 4}, 1)}));
}

TEST_P(ReduceGradients, Variance) {
  const ReduceCase c = GetParam();
  for (const int correction : {0, 1}) {
    EXPECT_TRUE(CheckGradients([&](const Tensors& x) { return Variance(x[0], c.dims, correction, c.keep_dims); },
                               {NormalF64({2, 3, 4}, 1)}))
        << "correction " << correction;
  }
}

TEST(ReduceGradientsOfEverything, SumAndMean) {
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Sum(x[0]); }, {NormalF64({2, 3}, 1)}));
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Mean(x[0]); }, {NormalF64({2, 3}, 1)}));
}

TEST(ReduceDeathTest, NamesTheOperands) {
  const Tensor x = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(Sum(x, {2}), HasSubstr("[Reduce] no dimension 2 in f64[2,3]"));
  EXPECT_DEATH(Sum(x, {-3}), HasSubstr("[Reduce] no dimension -3 in f64[2,3]"));
  EXPECT_DEATH(Mean(x, {1, -1}), HasSubstr("[Reduce] dimension -1 of f64[2,3] is given twice"));
  EXPECT_DEATH(Variance(F64({1}, {1}), {0}, 1), HasSubstr("[Variance] 1 elements, correction 1"));
}

}  // namespace
}  // namespace sg
