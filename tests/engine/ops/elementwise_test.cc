#include "engine/ops/elementwise.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor_access.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/attributes.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::TensorAccess;
using testing::CheckGradients;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NonzeroF64;
using testing::NormalF64;
using testing::PositiveF64;

using Tensors = std::vector<Tensor>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values in f32 on every device.
class ElementwiseValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const Shape& shape, const std::vector<float>& values) const { return F32(shape, values, GetParam()); }
  Tensor X(const std::vector<float>& values) const { return X({static_cast<int64_t>(values.size())}, values); }
};

INSTANTIATE_TEST_SUITE_P(Devices, ElementwiseValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(ElementwiseValues, ExactFunctions) {
  const Tensor x = X({-2, -0.5f, 0, 0.5f, 4});
  ExpectValues(Affine(x, 2, 1), {-3, 0, 1, 2, 9});
  ExpectValues(Scale(x, 2), {-4, -1, 0, 1, 8});
  ExpectValues(Neg(x), {2, 0.5, 0, -0.5, -4});
  ExpectValues(Square(x), {4, 0.25, 0, 0.25, 16});
  ExpectValues(Abs(x), {2, 0.5, 0, 0.5, 4});
  ExpectValues(Sign(x), {-1, -1, 0, 1, 1});
  ExpectValues(LeakyRelu(x, 0.25), {-0.5, -0.125, 0, 0.5, 4});
  ExpectValues(Relu(x), {0, 0, 0, 0.5, 4});
  ExpectValues(Clamp(x, -1, 0.25), {-1, -0.5, 0, 0.25, 0.25});
}

TEST_P(ElementwiseValues, RoundedFunctions) {
  ExpectValues(Exp(X({0, 1, -1})), {1, 2.7182818, 0.36787944}, 1e-6);
  ExpectValues(Log(X({1, 2, 0.5f})), {0, 0.69314718, -0.69314718}, 1e-6);
  ExpectValues(Sqrt(X({0, 4, 2})), {0, 2, 1.41421356}, 1e-6);
  ExpectValues(Rsqrt(X({1, 4, 2})), {1, 0.5, 0.70710678}, 1e-6);
  ExpectValues(Reciprocal(X({1, 4, -3})), {1, 0.25, -0.33333333}, 1e-6);
  ExpectValues(Tanh(X({0, 1, -0.5f})), {0, 0.76159416, -0.46211716}, 1e-6);
  ExpectValues(Sigmoid(X({0, 1, -2})), {0.5, 0.73105858, 0.11920292}, 1e-6);
  ExpectValues(Softplus(X({0, 1, -2})), {0.69314718, 1.31326169, 0.12692801}, 1e-6);
}

TEST_P(ElementwiseValues, SurviveLargeArguments) {
  ExpectValues(Softplus(X({200, -200})), {200, 0}, 1e-6);
  ExpectValues(Sigmoid(X({200, -200})), {1, 0}, 1e-6);
  ExpectValues(Tanh(X({100, -100})), {1, -1}, 1e-6);
  ExpectValues(Reciprocal(X({0})), {kInfinity});
}

TEST_P(ElementwiseValues, BinaryFunctions) {
  const Tensor a = X({1, -2, 3}), b = X({4, 2, 3});
  ExpectValues(Add(a, b), {5, 0, 6});
  ExpectValues(Sub(a, b), {-3, -4, 0});
  ExpectValues(AddScaled(a, 2, b, -0.5), {0, -5, 4.5});
  ExpectValues(Mul(a, b), {4, -4, 9});
  ExpectValues(Div(a, b), {0.25, -1, 1}, 1e-6);
  ExpectValues(Maximum(a, b), {4, 2, 3});
  ExpectValues(Greater(a, b), {0, 0, 0});
  ExpectValues(Greater(b, a), {1, 1, 0});
}

TEST_P(ElementwiseValues, OperatorsAreTheFunctions) {
  const Tensor a = X({6, 8}), b = X({2, 4});
  ExpectValues(a + b, {8, 12});
  ExpectValues(a - b, {4, 4});
  ExpectValues(a * b, {12, 32});
  ExpectValues(a / b, {3, 2}, 1e-6);
  ExpectValues(-a, {-6, -8});
}

TEST_P(ElementwiseValues, BroadcastBothWays) {
  const Tensor column = X({2, 1}, {10, 20}), row = X({3}, {1, 2, 3});
  const Tensor sum = Add(column, row);
  EXPECT_EQ(sum.shape(), Shape({2, 3}));
  ExpectValues(sum, {11, 12, 13, 21, 22, 23});
  ExpectValues(Sub(row, column), {-9, -8, -7, -19, -18, -17});
  ExpectValues(Mul(X({}, {2}), row), {2, 4, 6});
  EXPECT_EQ(Mul(row, X({1, 1, 1}, {1})).shape(), Shape({1, 1, 3}));
}

TEST_P(ElementwiseValues, WhereChooses) {
  const Tensor condition = X({1, 0, -2}), a = X({1, 2, 3});
  ExpectValues(Where(condition, a, X({}, {9})), {1, 9, 3});
  const Tensor wide = Where(X({2, 1}, {0, 1}), a, X({3}, {7, 8, 9}));
  EXPECT_EQ(wide.shape(), Shape({2, 3}));
  ExpectValues(wide, {7, 8, 9, 1, 2, 3});
}

TEST_P(ElementwiseValues, CastConverts) {
  const Tensor x = X({-1.5f, 0.5f, 2.5f, 300});
  ExpectValues(Cast(x, DType::kI32), {-2, 0, 2, 300});
  ExpectValues(Cast(x, DType::kU8), {0, 0, 2, 255});
  ExpectValues(Cast(X({1.00390625f}), DType::kBF16), {1});  // 1 + 2^-8 is halfway to the next bf16; ties go to even
  ExpectValues(Cast(Tensor::FromHost<uint8_t>({2}, {0, 255}, GetParam()), DType::kF32), {0, 255});
  EXPECT_EQ(TensorAccess::StorageOf(Cast(x, DType::kF32)), TensorAccess::StorageOf(x));
}

// Gradients in f64, compared with central differences.
struct UnaryCase {
  std::string name;
  Tensor (*function)(const Tensor&);
  Tensor (*input)(const Shape&, uint64_t seed);
};

std::string CaseName(const ::testing::TestParamInfo<UnaryCase>& info) { return info.param.name; }

class UnaryGradients : public ::testing::TestWithParam<UnaryCase> {};

INSTANTIATE_TEST_SUITE_P(
    AllFunctions, UnaryGradients,
    ::testing::Values(UnaryCase{"Affine", [](const Tensor& x) { return Affine(x, -1.5, 0.25); }, NormalF64},
                      UnaryCase{"Neg", Neg, NormalF64}, UnaryCase{"Exp", Exp, NormalF64},
                      UnaryCase{"Log", Log, PositiveF64}, UnaryCase{"Sqrt", Sqrt, PositiveF64},
                      UnaryCase{"Rsqrt", Rsqrt, PositiveF64}, UnaryCase{"Reciprocal", Reciprocal, NonzeroF64},
                      UnaryCase{"Square", Square, NormalF64}, UnaryCase{"Abs", Abs, NonzeroF64},
                      UnaryCase{"Tanh", Tanh, NormalF64}, UnaryCase{"Sigmoid", Sigmoid, NormalF64},
                      UnaryCase{"Softplus", Softplus, NormalF64}, UnaryCase{"Sign", Sign, NonzeroF64},
                      UnaryCase{"LeakyRelu", [](const Tensor& x) { return LeakyRelu(x, 0.2); }, NonzeroF64},
                      UnaryCase{"Relu", Relu, NonzeroF64},
                      UnaryCase{"ClampInside", [](const Tensor& x) { return Clamp(x, -5, 5); }, NonzeroF64},
                      UnaryCase{"ClampOneSide", [](const Tensor& x) { return Clamp(x, 0, 5); }, NonzeroF64},
                      UnaryCase{"ClampOutside", [](const Tensor& x) { return Clamp(x, -0.2, 0.2); }, NonzeroF64}),
    CaseName);

TEST_P(UnaryGradients, AreRightToOrderThree) {
  const UnaryCase& c = GetParam();
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(CheckGradients([&](const Tensors& x) { return c.function(x[0]); }, {c.input({3, 4}, 1)}, options));
}

// Shapes where either operand is broadcast, both are, or neither is.
const std::vector<std::pair<Shape, Shape>>& BroadcastCases() {
  static const auto& cases =
      *new std::vector<std::pair<Shape, Shape>>{{{2, 3}, {2, 3}},    {{2, 3}, {3}}, {{3}, {2, 3}},   {{2, 1}, {1, 3}},
                                                {{2, 1, 3}, {4, 1}}, {{}, {2, 2}},  {{2, 2}, {1, 1}}};
  return cases;
}

void ExpectRightForEveryBroadcast(Tensor (*function)(const Tensor&, const Tensor&)) {
  for (const auto& [a, b] : BroadcastCases()) {
    EXPECT_TRUE(
        CheckGradients([&](const Tensors& x) { return function(x[0], x[1]); }, {NonzeroF64(a, 1), NonzeroF64(b, 2)}))
        << a << " and " << b;
  }
}

TEST(BinaryGradients, Add) { ExpectRightForEveryBroadcast(Add); }
TEST(BinaryGradients, Sub) { ExpectRightForEveryBroadcast(Sub); }
TEST(BinaryGradients, Mul) { ExpectRightForEveryBroadcast(Mul); }
TEST(BinaryGradients, Div) { ExpectRightForEveryBroadcast(Div); }
TEST(BinaryGradients, Maximum) { ExpectRightForEveryBroadcast(Maximum); }
TEST(BinaryGradients, Greater) { ExpectRightForEveryBroadcast(Greater); }
TEST(BinaryGradients, AddScaled) {
  ExpectRightForEveryBroadcast([](const Tensor& a, const Tensor& b) { return AddScaled(a, 2, b, -0.5); });
}

TEST(BinaryGradients, AddScaledAlike) {
  ExpectRightForEveryBroadcast([](const Tensor& a, const Tensor& b) { return AddScaled(a, 0.7, b, 0.7); });
}
TEST(BinaryGradients, MulScaled) {
  ExpectRightForEveryBroadcast([](const Tensor& a, const Tensor& b) { return MulScaled(a, b, -0.5); });
}
TEST(BinaryGradients, DivScaled) {
  ExpectRightForEveryBroadcast([](const Tensor& a, const Tensor& b) { return DivScaled(a, b, -0.5); });
}

TEST(WhereGradients, FlowToTheChosenOperand) {
  const auto where = [](const Tensor& condition) {
    return [condition](const Tensors& x) { return Where(condition, x[0], x[1]); };
  };
  const Tensor condition = F64({2, 3}, {0, 1, 0, 1, 1, 0});
  EXPECT_TRUE(CheckGradients(where(condition), {NormalF64({2, 3}, 1), NormalF64({2, 3}, 2)}));
  EXPECT_TRUE(CheckGradients(where(condition), {NormalF64({3}, 1), NormalF64({2, 1}, 2)}));
  EXPECT_TRUE(CheckGradients(where(F64({2, 1}, {0, 1})), {NormalF64({3}, 1), NormalF64({}, 2)}));
}

TEST(WhereGradients, TheConditionGetsNone) {
  Tensor condition = F64({2}, {1, 0}), a = F64({2}, {3, 4});
  condition.Track();
  a.Track();
  const std::vector<Tensor> g = Grad({Where(condition, a, F64({}, {0}))}, {condition, a});
  ExpectValues(g[0], {0, 0});
  ExpectValues(g[1], {1, 0});
}

TEST(CastGradients, PassBetweenF64AndF32) {
  // A cast is linear, so a long step is exact. A short one would drown in the rounding to f32.
  testing::GradCheckOptions options;
  options.step = 1;
  EXPECT_TRUE(
      CheckGradients([](const Tensors& x) { return Cast(x[0], DType::kF32); }, {NormalF64({2, 3}, 1)}, options));
  EXPECT_TRUE(CheckGradients([](const Tensors& x) { return Cast(x[0], DType::kF64); },
                             {F32({3}, {0.5f, -1.25f, 3}, Device::Ref())}, options));
}

TEST(CastGradients, HaveTheTypeOfTheInput) {
  Tensor x = F64({1}, {2});
  x.Track();
  const Tensor y = Cast(Square(x), DType::kF32);
  const Tensor dx = Grad({y}, {x})[0];
  EXPECT_EQ(dx.dtype(), DType::kF64);
  ExpectValues(dx, {4});
}

TEST(CastGradients, OfBf16AreF32) {
  Tensor x = F32({2}, {1, 2}, Device::Ref());
  x.Track();
  const Tensor half = Cast(x, DType::kBF16);
  const std::vector<Tensor> g = Grad({Cast(half, DType::kF32)}, {x, half});
  EXPECT_EQ(g[0].dtype(), DType::kF32);
  EXPECT_EQ(g[1].dtype(), DType::kF32);
  ExpectValues(g[0], {1, 1});
}

TEST(CastGradients, StopAtIntegers) {
  Tensor x = F64({1}, {2});
  x.Track();
  EXPECT_FALSE(Cast(x, DType::kI32).tracked());
}

TEST(Kinks, GradientsAreOneSided) {
  Tensor x = F64({1}, {0});
  x.Track();
  ExpectValues(Grad({Abs(x)}, {x})[0], {0});
  ExpectValues(Grad({LeakyRelu(x, 0.2)}, {x})[0], {0.2});
  ExpectValues(Grad({Clamp(x, 0, 1)}, {x})[0], {1});
  Tensor y = F64({1}, {0});
  y.Track();
  const std::vector<Tensor> g = Grad({Maximum(x, y)}, {x, y});
  EXPECT_EQ(g[0].Item() + g[1].Item(), 1);
}

TEST(ElementwiseDeathTest, NamesTheOperands) {
  const Tensor x = F64({2, 3}, std::vector<double>(6, 1));
  EXPECT_DEATH(Add(x, F64({4}, {1, 2, 3, 4})), HasSubstr("[Add] f64[2,3] and f64[4] do not broadcast"));
  EXPECT_DEATH(Div(x, F32({}, {1}, Device::Ref())),
               HasSubstr("[Div] needs two operands of one floating dtype, got f64[2,3] and f32[]"));
  EXPECT_DEATH(Exp(Tensor::Zeros({2}, DType::kI32, Device::Ref())),
               HasSubstr("[Exp] needs a floating dtype, got i32[2]"));
  EXPECT_DEATH(Where(F64({5}, {1, 2, 3, 4, 5}), x, x),
               HasSubstr("[Where] condition f64[5] does not fit f64[2,3] and f64[2,3]"));
}

TEST(Elementwise, ALimitBeyondTheRangeOfF32IsNoLimit) {
  Tensor x = F32({3}, {-2, 1, static_cast<float>(kInfinity)}, Device::Ref());
  x.Track();
  const Tensor y = Clamp(x, -1e300, 1e300);
  ExpectValues(y, {-2, 1, kInfinity});
  ExpectValues(Grad({y}, {x})[0], {1, 1, 1});
  ExpectValues(Clamp(F64({1}, {1e301}), 0, 1e300), {1e300});
  const std::vector<std::string> want = {"low=-inf", "high=inf"};
  EXPECT_EQ(testing::Attributes(y), want);
  EXPECT_EQ(testing::Attributes(Clamp(Cast(x, DType::kF64), -1, 1e300)),
            (std::vector<std::string>{"low=-1", "high=1e+300"}));
}

}  // namespace
}  // namespace sg
