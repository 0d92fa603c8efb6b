// The paths that Grad walks and the gradients it returns. grad_work_test.cc tests the work it avoids,
// grad_memory_test.cc its memory, higher_order_test.cc repeated differentiation.
#include "engine/autograd/grad.h"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/record_scope.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::OpCounter;

Tensor Leaf(const std::vector<double>& values) {
  Tensor x = F64({static_cast<int64_t>(values.size())}, values);
  return x.Track();
}

TEST(GradTest, OfOneOutput) {
  const Tensor x = Leaf({1, 2, 3}), y = Leaf({4, 5, 6});
  const std::vector<Tensor> g = Grad({Sum(Mul(x, y))}, {x, y});
  ExpectValues(g[0], {4, 5, 6});
  ExpectValues(g[1], {1, 2, 3});
}

TEST(GradTest, SeedsWeightTheOutputs) {
  const Tensor x = Leaf({1, 2});
  ExpectValues(Grad({Square(x)}, {x}, {F64({2}, {10, -1})})[0], {20, -4});
  // 10 d(x^2) + 100 d(3 x)
  ExpectValues(Grad({Square(x), Scale(x, 3)}, {x}, {F64({2}, {10, 10}), F64({2}, {100, 100})})[0], {320, 340});
}

TEST(GradTest, ARepeatedOutputCountsEveryTime) {
  const Tensor x = Leaf({3});
  const Tensor y = Square(x);
  ExpectValues(Grad({y, y}, {x})[0], {12});
  ExpectValues(Grad({y, y}, {x}, {F64({1}, {1}), F64({1}, {-3})})[0], {-12});
}

TEST(GradTest, ARepeatedInputGetsItsGradientEveryTime) {
  const Tensor x = Leaf({3});
  const std::vector<Tensor> g = Grad({Square(x)}, {x, x});
  ExpectValues(g[0], {6});
  ExpectValues(g[1], {6});
}

TEST(GradTest, AnOutputThatIsAnInputGetsItsSeed) {
  const Tensor x = Leaf({3});
  ExpectValues(Grad({x}, {x})[0], {1});
  const Tensor y = Square(x);
  ExpectValues(Grad({y}, {y, x}, {F64({1}, {5})})[0], {5});
}

TEST(GradTest, AnOutputMayDependOnAnotherOutput) {
  const Tensor x = Leaf({2});
  const Tensor y = Square(x), z = Square(y);
  // d(y + z) = 2 x + 4 x^3
  ExpectValues(Grad({y, z}, {x})[0], {36});
  ExpectValues(Grad({z, y}, {x})[0], {36});
}

TEST(GradTest, AnInputMayBeAnAncestorOfAnotherInput) {
  const Tensor x = Leaf({2});
  const Tensor y = Square(x), z = Scale(y, 3), loss = Square(z);
  // loss = 9 x^4
  const std::vector<Tensor> g = Grad({loss}, {z, x, y});
  ExpectValues(g[0], {24});
  ExpectValues(g[1], {288});
  ExpectValues(g[2], {72});
}

TEST(GradTest, AnAncestorAlsoGetsWhatByPassesTheOtherInput) {
  const Tensor x = Leaf({2});
  const Tensor y = Square(x);
  const std::vector<Tensor> g = Grad({Add(Mul(y, x), y)}, {y, x});  // x^3 + x^2
  ExpectValues(g[0], {3});
  ExpectValues(g[1], {16});
}

TEST(GradTest, AnInputWithoutAPathGetsZeros) {
  const Tensor x = Leaf({1, 2}), other = Leaf({3, 4, 5});
  const std::vector<Tensor> g = Grad({Square(x)}, {x, other});
  EXPECT_EQ(g[1].shape(), Shape({3}));
  EXPECT_EQ(g[1].dtype(), DType::kF64);
  ExpectValues(g[1], {0, 0, 0});
}

TEST(GradTest, AnOutputWithoutHistoryGivesZeros) {
  const Tensor x = Leaf({1});
  ExpectValues(Grad({F64({1}, {2})}, {x})[0], {0});
  ExpectValues(Grad({Square(x).Detach(), Sign(x)}, {x})[0], {0});
}

TEST(GradTest, AnInputThatDependsOnTheOutputGetsZeros) {
  const Tensor x = Leaf({2});
  const Tensor y = Square(x), z = Square(y);
  ExpectValues(Grad({y}, {z, x})[0], {0});
}

TEST(GradTest, ABf16InputWithoutAPathGetsF32Zeros) {
  Tensor x = Cast(F32({1}, {1}, Device::Ref()), DType::kBF16);
  x.Track();
  EXPECT_EQ(Grad({F64({1}, {2})}, {x})[0].dtype(), DType::kF32);
}

TEST(GradTest, TheSameTensorTwiceAsOperand) {
  const Tensor x = Leaf({3, -1});
  ExpectValues(Grad({Mul(x, x)}, {x})[0], {6, -2});
  ExpectValues(Grad({Sub(x, x)}, {x})[0], {0, 0});
  ExpectValues(Grad({Concat({x, x, x}, 0)}, {x})[0], {3, 3});
}

TEST(GradTest, DiamondsAreSummedBeforeTheyAreWalkedOn) {
  const Tensor x = Leaf({2});
  const Tensor top = Square(x);
  const Tensor left = Scale(top, 3), right = Square(top);
  const Tensor bottom = Mul(left, right);  // 3 x^6
  const OpCounter ops;
  ExpectValues(Grad({bottom}, {x})[0], {576});
  // Two from `bottom`, one from `right` and one from `top`, whose two gradients are summed first.
  EXPECT_EQ(ops.count("Mul"), 4);
}

TEST(GradTest, DiamondsInARowAreLinearWork) {
  const Tensor x = Leaf({1});
  Tensor y = x;
  for (int i = 0; i < 50; ++i) y = Scale(Add(y, y), 0.5);  // 2^50 paths
  const OpCounter ops;
  ExpectValues(Grad({y}, {x})[0], {1});
  EXPECT_LE(ops.total(), 200);
}

TEST(GradTest, SkipConnectionsOfUnequalLength) {
  const Tensor x = Leaf({2});
  Tensor deep = x;
  for (int i = 0; i < 3; ++i) deep = Square(deep);  // x^8
  ExpectValues(Grad({Add(deep, Mul(x, deep))}, {x})[0], {8 * 128 + 9 * 256});
}

TEST(GradTest, LeavesTheGraphAsItWas) {
  const Tensor x = Leaf({3});
  const Tensor y = Square(x);
  ExpectValues(Grad({y}, {x})[0], {6});
  ExpectValues(Grad({y}, {x})[0], {6});
  ExpectValues(Grad({Square(y)}, {x})[0], {108});
}

TEST(GradTest, HoldsAfterTheHandlesOfIntermediatesAreGone) {
  const Tensor x = Leaf({0.5});
  Tensor y = Exp(Square(x));
  y = Mul(y, y);
  ExpectValues(Grad({y}, {x})[0], {2 * 0.5 * 2 * 1.6487212707001282}, 1e-12);
}

TEST(GradTest, IsNotRecordedUnlessAsked) {
  const Tensor x = Leaf({3});
  const Tensor y = Square(x);
  EXPECT_FALSE(Grad({y}, {x})[0].tracked());
  EXPECT_TRUE(Grad({y}, {x}, {}, {/*create_graph=*/true})[0].tracked());
  EXPECT_TRUE(RecordScope::IsRecording());
}

TEST(GradTest, CreateGraphRecordsInsideAnOffScope) {
  const Tensor x = Leaf({3});
  const Tensor y = Square(x);
  const RecordScope off(false);
  const Tensor dx = Grad({y}, {x}, {}, {/*create_graph=*/true})[0];
  EXPECT_FALSE(RecordScope::IsRecording());
  ExpectValues(Grad({dx}, {x})[0], {2});
}

TEST(GradTest, RecordingIsBackAfterAnInnerGrad) {
  const Tensor x = Leaf({3});
  const Tensor y = Square(x);
  const RecordScope on(true);
  {
    const RecordScope off(false);
    Grad({y}, {x});
    EXPECT_FALSE(RecordScope::IsRecording());
  }
  Grad({y}, {x});
  EXPECT_TRUE(RecordScope::IsRecording());
}

TEST(GradTest, ATrackedSeedIsDifferentiable) {
  const Tensor x = Leaf({3}), seed = Leaf({5});
  const Tensor dx = Grad({Square(x)}, {x}, {seed}, {/*create_graph=*/true})[0];  // 2 x seed
  const std::vector<Tensor> g = Grad({dx}, {x, seed});
  ExpectValues(g[0], {10});
  ExpectValues(g[1], {6});
}

TEST(GradTest, AChainOf300000TensorsIsWalkedAndFreed) {
  const Tensor x = Leaf({2});
  Tensor y = x;
  for (int i = 0; i < 300000; ++i) y = Neg(y);
  std::vector<Tensor> g = Grad({y}, {x}, {}, {/*create_graph=*/true});
  ExpectValues(g[0], {1});
  y = Tensor();
}

// An operation whose Vjp returns the gradients that the test sets.
class BrokenOp final : public Op {
 public:
  explicit BrokenOp(std::vector<Tensor> gradients) : gradients_(std::move(gradients)) {}

  const char* name() const override { return "Broken"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
  void Run(Backend& backend, absl::Span<const TensorView>, const TensorView& out) const override {
    backend.Fill({out, 0});
  }
  std::vector<Tensor> Vjp(const VjpContext&) const override { return gradients_; }

 private:
  const std::vector<Tensor> gradients_;
};

TEST(GradTest, AnUndefinedGradientIsZero) {
  const Tensor x = Leaf({1, 2});
  ExpectValues(Grad({Apply(std::make_shared<BrokenOp>(std::vector<Tensor>(1)), {x})}, {x})[0], {0, 0});
}

TEST(GradDeathTest, AVjpOfTheWrongFormIsNamed) {
  const Tensor x = Leaf({1, 2});
  const auto grad = [&](std::vector<Tensor> gradients) {
    Grad({Apply(std::make_shared<BrokenOp>(std::move(gradients)), {x})}, {x});
  };
  EXPECT_DEATH(grad({F64({3}, {1, 2, 3})}), HasSubstr("[Broken] gradient f64[3] for input f64[2]"));
  EXPECT_DEATH(grad({x, x}), HasSubstr("[Broken] 2 gradients for 1 inputs"));
  EXPECT_DEATH(grad({}), HasSubstr("[Broken] 0 gradients for 1 inputs"));
}

TEST(GradDeathTest, NamesTheMistake) {
  const Tensor x = Leaf({1, 2}), constant = F64({2}, {1, 2});
  const Tensor y = Square(x);
  EXPECT_DEATH(Grad({y}, {constant}), HasSubstr("[Grad] input f64[2] is neither a tracked leaf nor computed from one"));
  EXPECT_DEATH(Grad({y}, {Tensor()}), HasSubstr("[Grad] input undefined is neither a tracked leaf"));
  EXPECT_DEATH(Grad({Tensor()}, {x}), HasSubstr("[Grad] undefined output"));
  EXPECT_DEATH(Grad({y, y}, {x}, {constant}), HasSubstr("[Grad] 1 seeds for 2 outputs"));
  EXPECT_DEATH(Grad({y}, {x}, {F64({3}, {1, 2, 3})}), HasSubstr("[Grad] seed f64[3] for output f64[2]"));
}

TEST(GradDeathTest, NamesAGraphThatWasReleased) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  const Tensor y = Square(x), loss = Sum(y);
  GradOptions release;
  release.release_graph = true;
  EXPECT_EQ(Grad({loss}, {y}, {}, release)[0].ToHost<double>(), (std::vector<double>{1, 1}));
  // The graph below the input is intact.
  EXPECT_EQ(Grad({y}, {x})[0].ToHost<double>(), (std::vector<double>{2, 4}));
  EXPECT_DEATH(Grad({loss}, {x}), HasSubstr("[Grad] the graph of f64[] was released by an earlier Grad"));
  GradOptions both = release;
  both.create_graph = true;
  EXPECT_DEATH(Grad({y}, {x}, {}, both), HasSubstr("a graph that is released cannot be extended"));
}

TEST(GradTest, MayFollowAWriteToAValueThatNoGradientReads) {
  const Tensor x = Leaf({2}), shift = Leaf({3}), factor = F64({1}, {5});
  const Tensor y = Mul(Add(x, shift), factor);  // Add keeps neither operand
  Lerp({x, shift}, {factor, factor}, 1);
  ExpectValues(Grad({y}, {x})[0], {5});
}

TEST(GradTest, OfANewGraphReadsTheValueThatWasWritten) {
  const Tensor x = Leaf({2}), target = F64({1}, {3});
  ExpectValues(Grad({Square(x)}, {x})[0], {4});
  Lerp({x}, {target}, 1);
  ExpectValues(Grad({Square(x)}, {x})[0], {6});
}

TEST(GradDeathTest, RefusesAValueThatWasOverwritten) {
  const Tensor x = Leaf({2, 3}), w = Leaf({4, 5}), source = F64({2}, {0, 0});
  const Tensor y = Mul(x, w), z = Exp(x);
  {
    const Tensor other = Exp(w);
    const double values[] = {1, 2};
    CopyFromHost(other.Detach(), values, sizeof(values));  // shares its buffer with the output
    EXPECT_DEATH(Grad({other}, {w}),
                 HasSubstr("[Grad] the output of Exp, f64[2], was overwritten in place after it was recorded"));
  }
  Lerp({w}, {source}, 0.5);
  EXPECT_DEATH(Grad({y}, {x}),
               HasSubstr("[Grad] input 1 of Mul, f64[2], was overwritten in place after it was recorded"));
  ExpectValues(Grad({z}, {x})[0], {std::exp(2.0), std::exp(3.0)}, 1e-12);
  const Tensor viewed = Square(Reshape(x, {2, 1}));
  AdamStep({{x}, {}, {F64({2}, {0, 0})}, {source}, F64({1}, {1}), 1}, {/*lr=*/1, /*beta1=*/0});
  EXPECT_DEATH(Grad({viewed}, {x}), HasSubstr("[Grad] input 0 of Square, f64[2,1], was overwritten in place"));
}

TEST(GradDeathTest, NamesASeedOfTheWrongTypeOrDevice) {
  const Tensor x = Leaf({1, 2});
  const Tensor y = Square(x);
  EXPECT_DEATH(Grad({y}, {x}, {F32({2}, {1, 2}, Device::Ref())}), HasSubstr("[Grad] seed f32[2] for output f64[2]"));
  Tensor z = F32({2}, {1, 2}, Device::Ref());
  z.Track();
  EXPECT_DEATH(Grad({Square(z)}, {z}, {F32({2}, {1, 2}, Device::Cpu())}),
               HasSubstr("[Grad] seed f32[2] on cpu for output f32[2] on ref"));
  const Tensor half = Cast(z, DType::kBF16);
  EXPECT_DEATH(Grad({half}, {z}, {half}), HasSubstr("[Grad] seed bf16[2] for output bf16[2]"));
}

}  // namespace
}  // namespace sg
