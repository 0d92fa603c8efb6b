// Records every operation once and checks that it describes itself.
#include "engine/tensor/attribute_visitor.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "engine/ops/affine_sample.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/ops/weight_energy.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor_access.h"
#include "gtest/gtest.h"
#include "tests/support/attributes.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::PositiveF64;

struct Described {
  std::string name;
  std::function<Tensor()> record;
  std::vector<std::string> attributes;

  friend std::ostream& operator<<(std::ostream& os, const Described& d) { return os << d.name; }
};

Tensor X(const Shape& shape) { return PositiveF64(shape, 1).Track(); }

UpFirDnParams Fir() {
  FirParams params;
  params.up = 2;
  params.pad0 = 2;
  params.pad1 = 1;
  params.filter = {0.5f, 1, 1, 0.5f};
  params.edge = EdgeMode::kReplicate;
  return MakeUpFirDn(params);
}

std::vector<std::string> FirAttributes() {
  return {"up_h=2",
          "up_w=2",
          "down_h=1",
          "down_w=1",
          "pad0_h=2",
          "pad0_w=2",
          "pad1_h=1",
          "pad1_w=1",
          "filter_h=0.5 1 1 0.5",
          "filter_w=0.5 1 1 0.5",
          "edge=replicate"};
}

AffineSampleParams Sample() {
  AffineSampleParams params;
  params.filter.up = 2;
  params.filter.taps = 3;
  params.filter.origin = 1;
  params.filter.filter[0] = params.filter.filter[2] = 0.5f;
  params.filter.filter[1] = 1;
  params.margins = {1, 2, 0, 3};
  params.height = 5;
  params.width = 6;
  return params;
}

Tensor Transform() { return Cast(PositiveF64({1, 6}, 1), DType::kF32); }

std::vector<std::string> SampleAttributes() {
  return {"up=2", "origin=1", "filter=0.5 1 0.5", "left=1", "right=2", "top=0", "bottom=3", "height=5", "width=6"};
}

std::vector<std::string> With(std::vector<std::string> attributes, const std::string& last) {
  attributes.push_back(last);
  return attributes;
}

ConvGeometry Geometry() { return {/*stride_h=*/2, /*stride_w=*/1, /*pad_h=*/1, /*pad_w=*/0, /*groups=*/1}; }

std::vector<std::string> GeometryAttributes() { return {"stride_h=2", "stride_w=1", "pad_h=1", "pad_w=0", "groups=1"}; }

BiasActParams Act() {
  BiasActParams params;
  params.in_gain = 0.5;
  params.slope = 0.25;
  params.gain = 2;
  params.clamp = 256;
  return params;
}

Tensor BiasActWith(bool all) {
  BiasActInputs inputs;
  inputs.bias = X({3});
  if (all) {
    inputs.scale = X({2, 3});
    inputs.noise = X({2, 2, 2, 1});
    inputs.strength = X({1});
  }
  return BiasAct(X({2, 2, 2, 3}), inputs, Act());
}

std::vector<Described> Operations() {
  const Shape x = {1, 4, 4, 2}, y = {1, 2, 2, 3}, w = {3, 3, 3, 2};
  return {
      {"Affine", [] { return Affine(X({2}), 2, 1); }, {"scale=2", "shift=1"}},
      {"Exp", [] { return Exp(X({2})); }, {}},
      {"Log", [] { return Log(X({2})); }, {}},
      {"Sqrt", [] { return Sqrt(X({2})); }, {}},
      {"Rsqrt", [] { return Rsqrt(X({2})); }, {}},
      {"Reciprocal", [] { return Reciprocal(X({2})); }, {}},
      {"Square", [] { return Square(X({2})); }, {}},
      {"Abs", [] { return Abs(X({2})); }, {}},
      {"Tanh", [] { return Tanh(X({2})); }, {}},
      {"Sigmoid", [] { return Sigmoid(X({2})); }, {}},
      {"Softplus", [] { return Softplus(X({2})); }, {}},
      {"LeakyRelu", [] { return LeakyRelu(X({2}), 0.25); }, {"slope=0.25"}},
      {"Clamp", [] { return Clamp(X({2}), -1, 3); }, {"low=-1", "high=3"}},
      {"Add", [] { return AddScaled(X({2}), 2, X({2}), -3); }, {"alpha=2", "beta=-3"}},
      {"Mul", [] { return MulScaled(X({2}), X({2}), 2); }, {"alpha=2"}},
      {"Div", [] { return DivScaled(X({2}), X({2}), 2); }, {"alpha=2"}},
      {"Maximum", [] { return Maximum(X({2}), X({2})); }, {}},
      {"Where", [] { return Where(X({2}), X({2}), X({2})); }, {}},
      {"Cast", [] { return Cast(X({2}), DType::kBF16); }, {"dtype=bf16"}},
      {"BroadcastTo",
       [] {
         return BroadcastTo(X({2}), {3, 2});
       },
       {"shape=[3,2]"}},
      {"SumTo",
       [] {
         return SumTo(X({3, 2}), {2}, 0.5);
       },
       {"shape=[2]", "alpha=0.5"}},
      {"MulSumTo",
       [] {
         return MulSumTo(X({3, 2}), X({2}), {2}, 0.5);
       },
       {"shape=[2]", "alpha=0.5"}},
      {"WeightEnergy",
       [] {
         return WeightEnergy(X({2, 3, 3, 4}));
       },
       {}},
      {"Reshape",
       [] {
         return Reshape(X({3, 2}), {6});
       },
       {"shape=[6]"}},
      {"Permute",
       [] {
         return Permute(X({3, 2}), {1, 0});
       },
       {"order=1 0"}},
      {"Slice",
       [] {
         return Slice(X({3, 2}), {1, 0}, {2, 1});
       },
       {"begin=[1,0]", "extent=[2,1]"}},
      {"PadTo",
       [] {
         return PadTo(X({3, 2}), {4, 4}, {1, 2});
       },
       {"shape=[4,4]", "begin=[1,2]"}},
      {"Concat",
       [] {
         return Concat({X({3, 2}), X({3, 1})}, 1);
       },
       {"dim=1"}},
      {"MatMul",
       [] {
         MatMulParams params;
         params.transpose_b = true;
         params.alpha = 0.5;
         return MatMul(X({3, 2}), X({4, 2}), params);
       },
       {"transpose_a=false", "transpose_b=true", "alpha=0.5"}},
      {"Conv2d",
       [=] { return Conv2d(X(x), X(w), Geometry()); },
       {"stride_h=2", "stride_w=1", "pad_h=1", "pad_w=0", "groups=1", "has_scale=false", "has_bias=false",
        "has_noise=false", "in_gain=1", "slope=1", "gain=1", "clamp=0"}},
      {"Conv2d",
       [=] {
         BiasActInputs inputs;
         inputs.bias = X({3});
         return Conv2d(X(x), X(w), Geometry(), inputs, Act());
       },
       {"stride_h=2", "stride_w=1", "pad_h=1", "pad_w=0", "groups=1", "has_scale=false", "has_bias=true",
        "has_noise=false", "in_gain=0.5", "slope=0.25", "gain=2", "clamp=256"}},
      {"Conv2dInputGrad", [=] { return Conv2dInputGrad(X(y), X(w), Geometry(), x); },
       With(GeometryAttributes(), "x_shape=[1,4,4,2]")},
      {"Conv2dWeightGrad", [=] { return Conv2dWeightGrad(X(x), X(y), Geometry(), w); },
       With(GeometryAttributes(), "w_shape=[3,3,3,2]")},
      {"UpFirDn2d", [=] { return UpFirDn2d(X(x), Fir()); }, FirAttributes()},
      {"UpFirDn2dTransposed",
       [=] {
         return UpFirDn2dTransposed(X({1, 8, 8, 2}), Fir(), x);
       },
       With(FirAttributes(), "x_shape=[1,4,4,2]")},
      {"AffineSample", [=] { return AffineSample(X(x), Transform(), Sample()); }, SampleAttributes()},
      {"AffineSampleTransposed",
       [=] {
         return AffineSampleTransposed(X({1, 5, 6, 2}), Transform(), Sample(), x);
       },
       With(SampleAttributes(), "x_shape=[1,4,4,2]")},
      {"BiasAct",
       [] { return BiasActWith(/*all=*/true); },
       {"has_scale=true", "has_bias=true", "has_noise=true", "in_gain=0.5", "slope=0.25", "gain=2", "clamp=256"}},
      {"BiasAct",
       [] { return BiasActWith(/*all=*/false); },
       {"has_scale=false", "has_bias=true", "has_noise=false", "in_gain=0.5", "slope=0.25", "gain=2", "clamp=256"}},
      {"BiasActGrad",
       [] {
         return BiasActGrad(X({2, 3}), X({2, 3}), Act(), X({2, 3}));
       },
       {"has_scale=true", "in_gain=0.5", "slope=0.25", "gain=2", "clamp=256"}},
  };
}

class AttributeVisitorTest : public ::testing::TestWithParam<Described> {};

INSTANTIATE_TEST_SUITE_P(Ops, AttributeVisitorTest, ::testing::ValuesIn(Operations()));

TEST_P(AttributeVisitorTest, ReceivesTheAttributesOfARecordedOperation) {
  const Tensor y = GetParam().record();
  const internal::Node* const node = internal::TensorAccess::Info(y).node.get();
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node->op->name(), GetParam().name);
  EXPECT_EQ(testing::Attributes(y), GetParam().attributes);
}

}  // namespace
}  // namespace sg
