#include "tests/support/gradcheck.h"

#include <memory>

#include "engine/ops/elementwise.h"
#include "engine/tensor/apply.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::testing {
namespace {

using ::testing::AssertionResult;
using ::testing::HasSubstr;

// The product of two tensors of one shape, with a gradient that contains a chosen mistake.
enum class Mistake { kNone, kFirstDerivative, kSecondDerivative, kSecondDerivativeInGrad, kIgnoresNeeds, kNan };

class FlawedMulOp final : public Op {
 public:
  explicit FlawedMulOp(Mistake mistake) : mistake_(mistake) {}

  const char* name() const override { return "FlawedMul"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Binary({in[0], in[1], out, BinaryFn::kMul});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    Tensor da = Mul(c.grad, c.inputs[1]), db = Mul(c.grad, c.inputs[0]);
    switch (mistake_) {
      case Mistake::kNone: break;
      case Mistake::kFirstDerivative: db = Scale(db, 1 + 1e-4); break;
      case Mistake::kSecondDerivative: db = Mul(c.grad, c.inputs[0].Detach()); break;
      case Mistake::kSecondDerivativeInGrad: db = Mul(c.grad.Detach(), c.inputs[0]); break;
      case Mistake::kIgnoresNeeds:
        if (!c.needs[0]) db = Scale(db, 2);
        break;
      case Mistake::kNan: db = Log(Affine(db, 0, -1)); break;
    }
    return {da, db};
  }

 private:
  const Mistake mistake_;
};

AssertionResult CheckFlawedMul(Mistake mistake, int order = 2) {
  GradCheckOptions options;
  options.order = order;
  return CheckGradients(
      [mistake](const std::vector<Tensor>& x) { return Apply(std::make_shared<FlawedMulOp>(mistake), x); },
      {NormalF64({2, 3}, 1), NormalF64({2, 3}, 2)}, options);
}

TEST(GradCheckTest, AcceptsRightGradients) { EXPECT_TRUE(CheckFlawedMul(Mistake::kNone, /*order=*/3)); }

TEST(GradCheckTest, CatchesAWrongFirstDerivativeAndNamesIt) {
  const AssertionResult result = CheckFlawedMul(Mistake::kFirstDerivative, /*order=*/1);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("FlawedMul, derivative of order 1 with respect to input 1 f64[2,3]"));
  EXPECT_THAT(result.message(), HasSubstr("by central differences"));
  EXPECT_THAT(result.message(), HasSubstr("from Grad"));
}

TEST(GradCheckTest, CatchesAWrongSecondDerivativeBehindARightFirstOne) {
  EXPECT_TRUE(CheckFlawedMul(Mistake::kSecondDerivative, /*order=*/1));
  const AssertionResult result = CheckFlawedMul(Mistake::kSecondDerivative);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("FlawedMul, derivative of order 2 with respect to input 0"));
}

TEST(GradCheckTest, CatchesAGradientThatDoesNotDependOnItsSeed) {
  EXPECT_TRUE(CheckFlawedMul(Mistake::kSecondDerivativeInGrad, /*order=*/1));
  const AssertionResult result = CheckFlawedMul(Mistake::kSecondDerivativeInGrad);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("order 2 with respect to seed 0 of order 1"));
}

TEST(GradCheckTest, CatchesAGradientThatIsWrongOnlyWhenAskedForAlone) {
  const AssertionResult result = CheckFlawedMul(Mistake::kIgnoresNeeds, /*order=*/1);
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("when this one is"));
}

TEST(GradCheckTest, CatchesNan) { EXPECT_FALSE(CheckFlawedMul(Mistake::kNan, /*order=*/1)); }

TEST(GradCheckTest, CatchesAMissingPath) {
  const AssertionResult result =
      CheckGradients([](const std::vector<Tensor>& x) { return Square(x[0].Detach()); }, {NormalF64({3}, 1)});
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("unrecorded output"));
}

TEST(GradCheckTest, ToleratesRoundingWhereTheDerivativeIsZero) {
  GradCheckOptions options;
  options.order = 1;
  // (x + 1)^2 - x^2 - 2 x is 1 up to rounding. The division by the step makes this rounding large relative to the
  // derivative.
  const auto one = [](const std::vector<Tensor>& x) {
    return Square(Affine(x[0], 1, 1)) - Square(x[0]) - Scale(x[0], 2);
  };
  EXPECT_TRUE(CheckGradients(one, {NonzeroF64({4}, 1)}, options));
}

}  // namespace
}  // namespace sg::testing
