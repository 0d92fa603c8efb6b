#include "engine/ops/broadcast.h"

#include <tuple>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor_access.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::TensorAccess;
using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NormalF64;

using Tensors = std::vector<Tensor>;

class BroadcastValues : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, BroadcastValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(BroadcastValues, BroadcastToRepeats) {
  const Tensor column = F32({2, 1}, {1, 2}, GetParam());
  ExpectValues(BroadcastTo(column, {2, 3}), {1, 1, 1, 2, 2, 2});
  ExpectValues(BroadcastTo(column, {2, 2, 2}), {1, 1, 2, 2, 1, 1, 2, 2});
  ExpectValues(BroadcastTo(F32({}, {7}, GetParam()), {3}), {7, 7, 7});
  EXPECT_EQ(TensorAccess::InfoPtr(BroadcastTo(column, {2, 1})), TensorAccess::InfoPtr(column));
}

TEST_P(BroadcastValues, SumToSumsWhatItWouldRepeat) {
  const Tensor x = F32({2, 3}, {1, 2, 3, 10, 20, 30}, GetParam());
  ExpectValues(SumTo(x, {3}), {11, 22, 33});
  ExpectValues(SumTo(x, {1, 3}), {11, 22, 33});
  ExpectValues(SumTo(x, {2, 1}), {6, 60});
  ExpectValues(SumTo(x, {}), {66});
  EXPECT_EQ(SumTo(x, {2, 1}).shape(), Shape({2, 1}));
  EXPECT_EQ(TensorAccess::InfoPtr(SumTo(x, {2, 3})), TensorAccess::InfoPtr(x));
}

TEST_P(BroadcastValues, SumOfNothingIsZero) { ExpectValues(SumTo(F32({0, 2}, {}, GetParam()), {2}), {0, 0}); }

TEST_P(BroadcastValues, MulSumToSumsTheProduct) {
  const Tensor a = F32({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam()), row = F32({3}, {1, 10, 100}, GetParam());
  ExpectValues(MulSumTo(a, row, {2, 1}), {321, 654});
  ExpectValues(MulSumTo(a, row, {}), {975});
  ExpectValues(MulSumTo(a, a, {3}), {17, 29, 45});
  ExpectValues(MulSumTo(a, F32({2, 1}, {2, -1}, GetParam()), {3}), {-2, -1, 0});
}

// a, b (which broadcasts to a), and the shape to which the product is summed.
using MulSumToCase = std::tuple<Shape, Shape, Shape>;

class MulSumToCases : public ::testing::TestWithParam<MulSumToCase> {};

INSTANTIATE_TEST_SUITE_P(Shapes, MulSumToCases,
                         ::testing::Values(MulSumToCase{{2, 3, 4}, {2, 3, 4}, {}},
                                           MulSumToCase{{2, 3, 4}, {2, 3, 4}, {2, 3, 4}},
                                           MulSumToCase{{2, 3, 4}, {4}, {2, 1, 4}},
                                           MulSumToCase{{2, 3, 4}, {3, 1}, {4}},
                                           MulSumToCase{{2, 3, 4}, {2, 1, 1}, {3, 1}},
                                           MulSumToCase{{2, 3, 4}, {}, {1, 3, 4}}, MulSumToCase{{3}, {3}, {1}}));

TEST_P(MulSumToCases, EqualsTheSumOfTheProduct) {
  const auto& [a_shape, b_shape, shape] = GetParam();
  const Tensor a = NormalF64(a_shape, 1), b = NormalF64(b_shape, 2);
  ExpectSameValues(MulSumTo(a, b, shape), SumTo(Mul(a, b), shape), 1e-12);
}

TEST_P(MulSumToCases, GradientsToOrderThree) {
  const auto& [a_shape, b_shape, shape] = GetParam();
  testing::GradCheckOptions options;
  options.order = 3;
  const Shape to = shape;
  EXPECT_TRUE(CheckGradients([&](const Tensors& x) { return MulSumTo(x[0], x[1], to); },
                             {NormalF64(a_shape, 1), NormalF64(b_shape, 2)}, options));
}

TEST(BroadcastGradients, ScaledSums) {
  const Tensor x = NormalF64({2, 3, 4}, 1), y = NormalF64({2, 1, 4}, 2);
  ExpectSameValues(SumTo(x, {3, 1}, -0.3), Scale(SumTo(x, {3, 1}), -0.3), 1e-14);
  ExpectSameValues(SumTo(x, {2, 3, 4}, -0.3), Scale(x, -0.3));
  ExpectSameValues(MulSumTo(x, y, {3, 1}, -0.3), Scale(MulSumTo(x, y, {3, 1}), -0.3), 1e-14);
  EXPECT_TRUE(CheckGradients([](const Tensors& t) { return SumTo(t[0], {3, 1}, -0.3); }, {x}));
  EXPECT_TRUE(CheckGradients([](const Tensors& t) { return MulSumTo(t[0], t[1], {3, 1}, -0.3); }, {x, y}));
}

TEST(BroadcastGradients, SumOfSquares) {
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(CheckGradients(
      [](const Tensors& t) {
        return MulSumTo(t[0], t[0], {2, 1}, 0.7);
      },
      {NormalF64({2, 3}, 1)}, options));
}

TEST(BroadcastGradients, BroadcastTo) {
  const auto check = [](const Shape& from, const Shape& to) {
    return CheckGradients([&](const Tensors& x) { return BroadcastTo(x[0], to); }, {NormalF64(from, 1)});
  };
  EXPECT_TRUE(check({3}, {2, 3}));
  EXPECT_TRUE(check({2, 1, 3}, {2, 4, 3}));
  EXPECT_TRUE(check({}, {2, 2}));
  EXPECT_TRUE(check({2, 3}, {2, 3}));
}

TEST(BroadcastGradients, SumTo) {
  const auto check = [](const Shape& from, const Shape& to) {
    return CheckGradients([&](const Tensors& x) { return SumTo(x[0], to); }, {NormalF64(from, 1)});
  };
  EXPECT_TRUE(check({2, 3}, {3}));
  EXPECT_TRUE(check({2, 4, 3}, {2, 1, 3}));
  EXPECT_TRUE(check({2, 2}, {}));
  EXPECT_TRUE(check({2, 3}, {2, 3}));
}

TEST(BroadcastDeathTest, NamesTheOperands) {
  const Tensor x = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(BroadcastTo(x, {2, 4}), HasSubstr("[BroadcastTo] f64[2,3] does not broadcast to [2,4]"));
  EXPECT_DEATH(SumTo(x, {2}), HasSubstr("[SumTo] f64[2,3] does not sum to [2]"));
  EXPECT_DEATH(SumTo(x, {1, 2, 3}), HasSubstr("[SumTo] f64[2,3] does not sum to [1,2,3]"));
  EXPECT_DEATH(MulSumTo(F64({3}, {1, 2, 3}), x, {}), HasSubstr("[MulSumTo] f64[3] times f64[2,3] does not sum to []"));
}

}  // namespace
}  // namespace sg
