// Grad walks only the paths from the outputs to the inputs, and tells each operation which gradients are needed.
#include <memory>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/tensor/apply.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using ::testing::ElementsAre;
using testing::ExpectValues;
using testing::F64;
using testing::NormalF64;
using testing::OpCounter;

Tensor Leaf(double value) { return F64({1}, {value}).Track(); }

class GradWork : public ::testing::Test {
 protected:
  GradWork() {
    x_.Track();
    w0_.Track();
    w1_.Track();
    BiasActParams leaky;
    leaky.slope = 0.2;
    hidden_ = Conv2d(x_, w0_, ConvGeometry::Padded(1));
    y_ = Sum(Conv2d(BiasAct(hidden_, {}, leaky), w1_, ConvGeometry::Padded(1)));
  }

  Tensor x_ = NormalF64({1, 4, 4, 2}, 1), w0_ = NormalF64({3, 3, 3, 2}, 2), w1_ = NormalF64({2, 3, 3, 3}, 3);
  Tensor hidden_, y_;
};

TEST_F(GradWork, InputGradientsNeedNoWeightGradients) {
  const OpCounter ops;
  Grad({y_}, {x_});
  EXPECT_EQ(ops.count("Conv2dInputGrad"), 2);
  EXPECT_EQ(ops.count("BiasActGrad"), 1);
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 0);
}

TEST_F(GradWork, InputGradientsForASecondOrderNeedNoneEither) {
  const OpCounter ops;
  Grad({y_}, {x_}, {}, {/*create_graph=*/true});
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 0);
}

TEST_F(GradWork, TheLastWeightNeedsNothingBelowIt) {
  const OpCounter ops;
  Grad({y_}, {w1_});
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 1);
  EXPECT_EQ(ops.count("Conv2dInputGrad"), 0);
  EXPECT_EQ(ops.count("BiasActGrad"), 0);
}

TEST_F(GradWork, TheFirstWeightNeedsNoGradientOfTheInput) {
  const OpCounter ops;
  Grad({y_}, {w0_});
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 1);
  EXPECT_EQ(ops.count("Conv2dInputGrad"), 1);
}

TEST_F(GradWork, AnIntermediateInputStopsTheWalk) {
  const OpCounter ops;
  Grad({y_}, {hidden_});
  EXPECT_EQ(ops.count("Conv2dInputGrad"), 1);
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 0);
}

// The gradient of a leaky ReLU depends on the output only through its sign.
TEST_F(GradWork, NoPathLeadsThroughAnInputWithoutAGradient) {
  BiasActParams leaky;
  leaky.slope = 0.2;
  const Tensor gradient = NormalF64(hidden_.shape(), 4).Track();
  const Tensor sum = Sum(Square(BiasActGrad(gradient, BiasAct(hidden_, {}, leaky), leaky)));
  const OpCounter ops;
  const std::vector<Tensor> g = Grad({sum}, {w0_, x_});
  EXPECT_EQ(ops.total(), 0);
  ExpectValues(g[0], std::vector<double>(w0_.NumElements(), 0));
  EXPECT_EQ(testing::Values(Grad({sum}, {gradient})[0]), testing::Values(Grad({sum}, {gradient, w0_})[0]));
}

TEST_F(GradWork, WithoutAPathNothingRuns) {
  const Tensor other = Leaf(1);
  const OpCounter ops;
  Grad({y_}, {other});
  EXPECT_EQ(ops.total(), 0);
}

// Records `needs` and returns gradients for all inputs, needed or not.
class ProbeOp final : public Op {
 public:
  explicit ProbeOp(std::vector<bool>* needs) : needs_(needs) {}

  const char* name() const override { return "Probe"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
  void Run(Backend& backend, absl::Span<const TensorView>, const TensorView& out) const override {
    backend.Fill({out, 0});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    *needs_ = c.needs;
    return std::vector<Tensor>(c.inputs.size(), c.grad);
  }

 private:
  std::vector<bool>* const needs_;
};

TEST(GradNeedsTest, SaysWhoseGradientIsAskedFor) {
  const Tensor a = Leaf(1), b = Leaf(2), constant = F64({1}, {3});
  const Tensor middle = Square(a);
  std::vector<bool> needs;
  const Tensor y = Apply(std::make_shared<ProbeOp>(&needs), {middle, b, constant});
  Grad({y}, {a});
  EXPECT_THAT(needs, ElementsAre(true, false, false));
  Grad({y}, {b});
  EXPECT_THAT(needs, ElementsAre(false, true, false));
  Grad({y}, {a, b});
  EXPECT_THAT(needs, ElementsAre(true, true, false));
}

TEST(GradNeedsTest, WhatIsNotNeededIsIgnored) {
  const Tensor a = Leaf(1), b = Leaf(2);
  std::vector<bool> needs;
  const Tensor middle = Square(a);
  const Tensor y = Apply(std::make_shared<ProbeOp>(&needs), {middle, middle, b});
  const OpCounter ops;
  ExpectValues(Grad({y}, {b})[0], {1});
  EXPECT_EQ(ops.total(), 0);  // the two gradients of `middle` are not even added
}

}  // namespace
}  // namespace sg
