#include "engine/backend/common/scalar_math.h"

#include <cmath>
#include <limits>
#include <vector>

#include "engine/backend/kernel_args.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

template <typename T = double>
T EvalUnary(UnaryFn fn, T x, T alpha = 0, T beta = 0) {
  T y = 0;
  DispatchUnary(fn, [&](auto f) { y = f(x, alpha, beta); });
  return y;
}

double EvalBinary(BinaryFn fn, double a, double b, double alpha = 1, double beta = 1) {
  double y = 0;
  DispatchBinary(fn, [&](auto f) { y = f(a, b, alpha, beta); });
  return y;
}

TEST(ScalarMath, UnarySmoothFunctions) {
  for (double x : {0.3, 1.0, 2.5}) {
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kAffine, x, 2.0, -1.0), 2 * x - 1);
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kExp, x), std::exp(x));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kLog, x), std::log(x));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kSqrt, x), std::sqrt(x));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kRsqrt, x), std::pow(x, -0.5));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kReciprocal, x), 1 / x);
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kSquare, -x), x * x);
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kAbs, -x), x);
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kTanh, x), std::tanh(x));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kSigmoid, x), 0.5 * (1 + std::tanh(x / 2)));
    EXPECT_DOUBLE_EQ(EvalUnary(UnaryFn::kSoftplus, x), std::log(1 + std::exp(x)));
  }
}

TEST(ScalarMath, UnaryPiecewiseFunctions) {
  EXPECT_EQ(EvalUnary(UnaryFn::kLeakyRelu, -2.0, 0.25), -0.5);
  EXPECT_EQ(EvalUnary(UnaryFn::kLeakyRelu, 2.0, 0.25), 2.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kLeakyReluMask, -2.0, 0.25), 0.25);
  EXPECT_EQ(EvalUnary(UnaryFn::kLeakyReluMask, 0.0, 0.25), 0.25);
  EXPECT_EQ(EvalUnary(UnaryFn::kLeakyReluMask, 2.0, 0.25), 1.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClamp, -2.0, -1.0, 3.0), -1.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClamp, 2.0, -1.0, 3.0), 2.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClamp, 4.0, -1.0, 3.0), 3.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClampMask, -1.0, -1.0, 3.0), 1.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClampMask, 3.0, -1.0, 3.0), 1.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kClampMask, 3.5, -1.0, 3.0), 0.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kSign, -2.0), -1.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kSign, 0.0), 0.0);
  EXPECT_EQ(EvalUnary(UnaryFn::kSign, 2.0), 1.0);
}

TEST(ScalarMath, LargeArgumentsDoNotOverflow) {
  EXPECT_EQ(EvalUnary<float>(UnaryFn::kSoftplus, 1000.0f), 1000.0f);
  EXPECT_EQ(EvalUnary<float>(UnaryFn::kSoftplus, -1000.0f), 0.0f);
  EXPECT_EQ(EvalUnary<float>(UnaryFn::kSigmoid, 1000.0f), 1.0f);
  EXPECT_EQ(EvalUnary<float>(UnaryFn::kSigmoid, -1000.0f), 0.0f);
}

TEST(ScalarMath, NaNIsNotHidden) {
  EXPECT_TRUE(std::isnan(EvalUnary(UnaryFn::kClamp, kNaN, -1.0, 1.0)));
  EXPECT_TRUE(std::isnan(EvalUnary(UnaryFn::kLeakyRelu, kNaN, 0.2)));
  EXPECT_TRUE(std::isnan(EvalBinary(BinaryFn::kMaximum, kNaN, 1)));
  EXPECT_TRUE(std::isnan(EvalBinary(BinaryFn::kMaximum, 1, kNaN)));
  EXPECT_TRUE(std::isnan(BiasActValue(kNaN, 0.2, 1.0, 256.0)));
}

TEST(ScalarMath, BinaryFunctions) {
  EXPECT_EQ(EvalBinary(BinaryFn::kAdd, 3, 5, 2, -1), 1);
  EXPECT_EQ(EvalBinary(BinaryFn::kMul, 3, 5, 2), 30);
  EXPECT_EQ(EvalBinary(BinaryFn::kDiv, 3, 4), 0.75);
  EXPECT_EQ(EvalBinary(BinaryFn::kDiv, 3, 4, 2), 1.5);
  EXPECT_EQ(EvalBinary(BinaryFn::kMaximum, 3, 4), 4);
  EXPECT_EQ(EvalBinary(BinaryFn::kMaximum, 4, 3), 4);
  EXPECT_EQ(EvalBinary(BinaryFn::kGreater, 4, 3), 1);
  EXPECT_EQ(EvalBinary(BinaryFn::kGreater, 3, 3), 0);
}

TEST(ScalarMath, BiasActActivatesThenScalesThenClamps) {
  EXPECT_DOUBLE_EQ(BiasActValue(2.0, 0.25, 3.0, 0.0), 6.0);
  EXPECT_DOUBLE_EQ(BiasActValue(-2.0, 0.25, 3.0, 0.0), -1.5);
  EXPECT_DOUBLE_EQ(BiasActValue(2.0, 0.25, 3.0, 5.0), 5.0);
  EXPECT_DOUBLE_EQ(BiasActValue(-2.0, 1.0, 3.0, 5.0), -5.0);
}

TEST(ScalarMath, BiasActSlopeIsTheDerivative) {
  constexpr double kStep = 1e-6, kGain = 1.5, kSlope = 0.2;
  for (double clamp : {0.0, 2.0}) {
    for (double pre : {-20.0, -1.0, 0.5, 1.0, 20.0}) {
      const double numeric =
          (BiasActValue(pre + kStep, kSlope, kGain, clamp) - BiasActValue(pre - kStep, kSlope, kGain, clamp)) /
          (2 * kStep);
      EXPECT_NEAR(BiasActSlope(BiasActValue(pre, kSlope, kGain, clamp), kSlope, kGain, clamp), numeric, 1e-8)
          << "pre " << pre << " clamp " << clamp;
    }
  }
}

TEST(ScalarMath, BiasActWithoutClampPassesInfinity) { EXPECT_EQ(BiasActValue(kInf, 0.2, 1.0, 0.0), kInf); }

// Two steps of Adam by the paper's formulas, without the corrections being folded in.
TEST(ScalarMath, AdamUpdate) {
  const double lr = 0.1, beta1 = 0.5, beta2 = 0.75, eps = 1e-3;
  double p = 1, m = 0, v = 0, expected_p = 1, expected_m = 0, expected_v = 0;
  int step = 0;
  for (double g : {2.0, -1.0}) {
    ++step;
    const double c1 = 1 - std::pow(beta1, step), c2 = 1 - std::pow(beta2, step);
    AdamStepArgs args;
    args.lr = lr;
    args.beta1 = beta1;
    args.beta2 = beta2;
    args.eps = eps;
    args.step = step;
    AdamUpdate<true>(g, MakeAdamCoefficients<double>(args), &p, &m, &v);
    expected_m = beta1 * expected_m + (1 - beta1) * g;
    expected_v = beta2 * expected_v + (1 - beta2) * g * g;
    expected_p -= lr * (expected_m / c1) / (std::sqrt(expected_v / c2) + eps);
    EXPECT_DOUBLE_EQ(m, expected_m);
    EXPECT_DOUBLE_EQ(v, expected_v);
    EXPECT_DOUBLE_EQ(p, expected_p);
  }
}

TEST(ScalarMath, FirstAdamStepMovesByTheLearningRate) {
  double p = 0, m = 0, v = 0;
  AdamStepArgs args;
  args.lr = 0.002;
  args.beta1 = 0;
  args.beta2 = 0.99;
  args.eps = 1e-12;
  AdamUpdate<true>(1e-4, MakeAdamCoefficients<double>(args), &p, &m, &v);
  EXPECT_NEAR(p, -0.002, 1e-9);
}

TEST(ScalarMath, WithoutMomentumTheGradientIsTheFirstMoment) {
  AdamStepArgs args;
  args.beta1 = 0;
  args.beta2 = 0.9;
  double p = 1, m = 0, v = 0, q = 1, w = 0;
  for (double g : {2.0, -1.0}) {
    ++args.step;
    AdamUpdate<true>(g, MakeAdamCoefficients<double>(args), &p, &m, &v);
    AdamUpdate<false>(g, MakeAdamCoefficients<double>(args), &q, static_cast<double*>(nullptr), &w);
    EXPECT_EQ(q, p);
    EXPECT_EQ(w, v);
  }
}

// 1 - 0.999f is 1.3e-5 off, which would be an error of v.
TEST(ScalarMath, AdamCoefficientsRoundTheDifference) {
  AdamStepArgs args;
  args.beta2 = 0.999;
  EXPECT_EQ(MakeAdamCoefficients<float>(args).one_minus_beta2, 0.001f);
}

}  // namespace
}  // namespace sg
