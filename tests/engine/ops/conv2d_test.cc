#include "engine/ops/conv2d.h"

#include <cmath>
#include <ostream>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/record_scope.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NonzeroF64;
using testing::NormalF64;
using testing::OpCounter;
using testing::Values;

using Tensors = std::vector<Tensor>;

// Small integers are exact in f32 on every device, even in TF32.
class ConvValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const Shape& shape, const std::vector<float>& values) const { return F32(shape, values, GetParam()); }

  const Tensor x_ = X({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor w_ = X({1, 2, 2, 1}, {1, 2, 3, 4});
  const Tensor dy_ = X({1, 2, 2, 1}, {1, 2, 3, 4});
};

INSTANTIATE_TEST_SUITE_P(Devices, ConvValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(ConvValues, Conv2dCorrelates) {
  const Tensor y = Conv2d(x_, w_, {});
  EXPECT_EQ(y.shape(), Shape({1, 2, 2, 1}));
  ExpectValues(y, {37, 47, 67, 77});
}

TEST_P(ConvValues, Conv2dWithStrideAndPadding) {
  ExpectValues(Conv2d(x_, w_, {2, 2, 1, 1, 1}), {4, 18, 36, 77});
  const Tensor rows = Conv2d(x_, w_, {2, 1, 0, 1, 1});
  EXPECT_EQ(rows.shape(), Shape({1, 1, 4, 1}));
  ExpectValues(rows, {18, 37, 47, 21});
}

TEST_P(ConvValues, Conv2dMixesChannels) {
  const Tensor y = Conv2d(X({1, 1, 2, 2}, {1, 2, 3, 4}), X({2, 1, 1, 2}, {1, 10, -1, 1}), {});
  ExpectValues(y, {21, 1, 43, 1});
}

TEST_P(ConvValues, GroupsSeeTheirOwnChannels) {
  const ConvGeometry two_groups = {1, 1, 0, 0, 2};
  const Tensor x = X({1, 1, 1, 4}, {1, 2, 3, 4}), w = X({2, 1, 1, 2}, {1, 10, 100, 1000});
  const Tensor dy = X({1, 1, 1, 2}, {1, 2});
  ExpectValues(Conv2d(x, w, two_groups), {21, 4300});
  ExpectValues(Conv2dInputGrad(dy, w, two_groups, x.shape()), {1, 10, 200, 2000});
  ExpectValues(Conv2dWeightGrad(x, dy, two_groups, w.shape()), {1, 2, 6, 8});
}

TEST_P(ConvValues, InputGradSpreadsTheKernel) {
  ExpectValues(Conv2dInputGrad(dy_, w_, {}, {1, 3, 3, 1}), {1, 4, 4, 6, 20, 16, 9, 24, 16});
}

TEST_P(ConvValues, InputGradTakesTheShapeThatTheStrideLeftOpen) {
  const ConvGeometry stride_two = {2, 2, 0, 0, 1};
  const Tensor dy = X({1, 1, 1, 1}, {5});
  ExpectValues(Conv2dInputGrad(dy, w_, stride_two, {1, 2, 2, 1}), {5, 10, 15, 20});
  ExpectValues(Conv2dInputGrad(dy, w_, stride_two, {1, 3, 3, 1}), {5, 10, 0, 15, 20, 0, 0, 0, 0});
}

TEST_P(ConvValues, WeightGradCorrelatesInputAndGradient) {
  ExpectValues(Conv2dWeightGrad(x_, dy_, {}, {1, 2, 2, 1}), {37, 47, 67, 77});
}

TEST_P(ConvValues, WeightGradSumsOverTheBatch) {
  ExpectValues(Conv2dWeightGrad(Concat({x_, x_}, 0), Concat({dy_, Scale(dy_, 2)}, 0), {}, {1, 2, 2, 1}),
               {111, 141, 201, 231});
}

TEST_P(ConvValues, Bf16OperandsGiveAnF32Result) {
  const Tensor x = Cast(x_, DType::kBF16), w = Cast(w_, DType::kBF16), dy = Cast(dy_, DType::kBF16);
  const Tensor y = Conv2d(x, w, {});
  EXPECT_EQ(y.dtype(), DType::kF32);
  ExpectValues(y, {37, 47, 67, 77});
  ExpectValues(Conv2dInputGrad(dy, w, {}, {1, 3, 3, 1}), {1, 4, 4, 6, 20, 16, 9, 24, 16});
  ExpectValues(Conv2dWeightGrad(x, dy, {}, {1, 2, 2, 1}), {37, 47, 67, 77});
}

// |got - want| / |want|
double RelativeError(const Tensor& got, const Tensor& want) {
  const std::vector<double> a = Values(got), b = Values(want);
  double error = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(error / norm);
}

Tensor F32On(Device device, const Shape& shape, uint64_t seed) {
  return Cast(NormalF64(shape, seed), DType::kF32).To(device);
}

TEST_P(ConvValues, Bf16GradientsOfBothOrdersAreF32AndCloseToThoseOfF32) {
  Tensor x = F32On(GetParam(), {2, 6, 6, 16}, 1).Track(), w = F32On(GetParam(), {16, 3, 3, 16}, 2).Track();
  const Tensor seed = F32On(GetParam(), {2, 6, 6, 16}, 3);
  // The first-order gradients, then the gradients of their squared norms: two tensors each.
  const auto gradients = [&](DType dtype) {
    const Tensor y = Square(Conv2d(Cast(x, dtype), Cast(w, dtype), ConvGeometry::Padded(1)));
    std::vector<Tensor> first = Grad({y}, {x, w}, {seed}, {/*create_graph=*/true});
    const std::vector<Tensor> second = Grad({Sum(Square(first[0])), Sum(Square(first[1]))}, {x, w});
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  const std::vector<Tensor> half = gradients(DType::kBF16), full = gradients(DType::kF32);
  for (size_t i = 0; i < full.size(); ++i) {
    EXPECT_EQ(half[i].dtype(), DType::kF32);
    const double error = RelativeError(half[i], full[i]);
    EXPECT_LT(error, 1e-2) << "gradient " << i;
    EXPECT_GT(error, 1e-4) << "gradient " << i << " was not computed from bf16 operands";
  }
}

struct ConvCase {
  Shape x, w;
  ConvGeometry geometry;

  Shape y() const { return Conv2dOutputShape("ConvCase", x, w, geometry); }
};

std::ostream& operator<<(std::ostream& os, const ConvCase& c) { return os << c.x << " * " << c.w << " " << c.geometry; }

class ConvGradients : public ::testing::TestWithParam<ConvCase> {};

INSTANTIATE_TEST_SUITE_P(Geometries, ConvGradients,
                         ::testing::Values(ConvCase{{2, 4, 3, 2}, {3, 3, 3, 2}, ConvGeometry::Padded(1)},
                                           ConvCase{{1, 3, 4, 2}, {3, 1, 1, 2}, {}},
                                           ConvCase{{1, 6, 5, 2}, {2, 3, 3, 2}, {2, 2, 1, 1, 1}},
                                           ConvCase{{1, 6, 6, 1}, {2, 3, 3, 1}, {2, 2, 0, 0, 1}},
                                           ConvCase{{2, 3, 3, 4}, {6, 2, 2, 2}, {1, 1, 1, 1, 2}},
                                           ConvCase{{1, 5, 4, 3}, {3, 3, 2, 1}, {2, 1, 0, 1, 3}}));

TEST_P(ConvGradients, OfConv2d) {
  const ConvCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Conv2d(in[0], in[1], c.geometry); },
                             {NormalF64(c.x, 1), NormalF64(c.w, 2)}));
}

TEST_P(ConvGradients, OfConv2dInputGrad) {
  const ConvCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Conv2dInputGrad(in[0], in[1], c.geometry, c.x); },
                             {NormalF64(c.y(), 1), NormalF64(c.w, 2)}));
}

TEST_P(ConvGradients, OfConv2dWeightGrad) {
  const ConvCase c = GetParam();
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Conv2dWeightGrad(in[0], in[1], c.geometry, c.w); },
                             {NormalF64(c.x, 1), NormalF64(c.y(), 2)}));
}

TEST_P(ConvGradients, TheThreeAreAdjoint) {
  const ConvCase c = GetParam();
  const Tensor x = NormalF64(c.x, 1), w = NormalF64(c.w, 2), dy = NormalF64(c.y(), 3);
  const Tensor form = Sum(Mul(Conv2d(x, w, c.geometry), dy));
  ExpectSameValues(Sum(Mul(Conv2dInputGrad(dy, w, c.geometry, c.x), x)), form, 1e-10);
  ExpectSameValues(Sum(Mul(Conv2dWeightGrad(x, dy, c.geometry, c.w), w)), form, 1e-10);
}

// x [N,H,W,C], w, scale [N,O], bias [O], noise [N,Ho,Wo,1], strength [1]. Pre-activations are away from the kink at
// zero, which a convolution alone cannot be made to be.
Tensors EpilogueOperands(const ConvCase& c) {
  const Shape y = c.y();
  return {NormalF64(c.x, 1),
          NormalF64(c.w, 2),
          NonzeroF64({y[0], y[3]}, 3),
          NormalF64({y[3]}, 4),
          NormalF64({y[0], y[1], y[2], 1}, 5),
          F64({1}, {0.7})};
}

BiasActInputs AllInputs(const Tensors& in) {
  BiasActInputs inputs;
  inputs.scale = in[2];
  inputs.bias = in[3];
  inputs.noise = in[4];
  inputs.strength = in[5];
  return inputs;
}

BiasActParams EpilogueParams(double slope, double clamp) {
  BiasActParams params;
  params.in_gain = 0.4;
  params.slope = slope;
  params.gain = 1.5;
  params.clamp = clamp;
  return params;
}

TEST_P(ConvGradients, AnEpilogueEqualsBiasActAfterwardsOnEveryDevice) {
  const ConvCase c = GetParam();
  const Tensors operands = EpilogueOperands(c);
  for (const BiasActParams& params : {EpilogueParams(0.2, 1.3), EpilogueParams(0, 0), EpilogueParams(1, 0)}) {
    const Tensor want = BiasAct(Conv2d(operands[0], operands[1], c.geometry), AllInputs(operands), params);
    ExpectSameValues(Conv2d(operands[0], operands[1], c.geometry, AllInputs(operands), params), want, 1e-13);
    for (const Device device : AvailableDevices()) {
      Tensors in;
      for (const Tensor& t : operands) in.push_back(Cast(t, DType::kF32).To(device));
      // A GPU may round the operands of the convolution to TF32.
      ExpectSameValues(Conv2d(in[0], in[1], c.geometry, AllInputs(in), params), want,
                       device.type == DeviceType::kCuda ? 2e-2 : 1e-5);
    }
  }
}

TEST_P(ConvGradients, OfConv2dWithAnEpilogue) {
  const ConvCase c = GetParam();
  // A large bias keeps every pre-activation on the positive side, a negative one on the other.
  for (const double bias : {40.0, -40.0}) {
    Tensors operands = EpilogueOperands(c);
    operands[3] = Affine(operands[3], 1, bias);
    EXPECT_TRUE(CheckGradients(
        [&](const Tensors& in) { return Conv2d(in[0], in[1], c.geometry, AllInputs(in), EpilogueParams(0.2, 0)); },
        operands));
  }
}

TEST_P(ConvGradients, OfAnEpilogueEqualThoseOfBiasActAfterwards) {
  const ConvCase c = GetParam();
  const Tensor seed = NormalF64(c.y(), 6);
  for (const bool track_scale : {false, true}) {
    Tensors leaves;
    for (const Tensor& t : EpilogueOperands(c)) {
      leaves.push_back(t.Detach());
      if (track_scale || leaves.size() != 3) leaves.back().Track();
    }
    Tensors targets = leaves;
    if (!track_scale) targets.erase(targets.begin() + 2);
    const BiasActParams params = EpilogueParams(0.2, 1.3);
    const Tensor fused = Conv2d(leaves[0], leaves[1], c.geometry, AllInputs(leaves), params);
    const Tensor composed = BiasAct(Conv2d(leaves[0], leaves[1], c.geometry), AllInputs(leaves), params);
    const Tensors got = Grad({fused}, targets, {seed}), want = Grad({composed}, targets, {seed});
    for (size_t i = 0; i < want.size(); ++i) ExpectSameValues(got[i], want[i], 0);
  }
}

TEST(ConvEpilogue, IsOneOperationUnlessTheGradientOfTheScaleIsRecorded) {
  const ConvCase c = {{2, 4, 3, 2}, {3, 3, 3, 2}, ConvGeometry::Padded(1)};
  Tensors in = EpilogueOperands(c);
  const auto operations = [&] {
    const OpCounter ops;
    Conv2d(in[0], in[1], c.geometry, AllInputs(in), EpilogueParams(0.2, 0));
    return ops.total();
  };
  for (size_t i : {0, 1, 3}) in[i].Track();
  EXPECT_EQ(operations(), 1);
  in[2].Track();
  EXPECT_EQ(operations(), 2);
  const RecordScope off(false);
  EXPECT_EQ(operations(), 1);
}

TEST(ConvEpilogue, KeepsTheOutputInPlaceOfTheSums) {
  Tensor x = NormalF64({1, 8, 8, 2}, 1).Track(), w = NormalF64({4, 3, 3, 2}, 2), bias = NormalF64({4}, 3);
  BiasActInputs inputs;
  inputs.bias = bias;
  const int64_t before = BackendFor(Device::Ref()).Stats().live_bytes;
  const Tensor y = Conv2d(x, w, ConvGeometry::Padded(1), inputs, EpilogueParams(0.2, 0));
  EXPECT_EQ(BackendFor(Device::Ref()).Stats().live_bytes - before, 8 * 8 * 4 * 8);
}

TEST(ConvDeathTest, NamesTheOperandsOfTheEpilogue) {
  const ConvCase c = {{2, 4, 3, 2}, {3, 3, 3, 2}, ConvGeometry::Padded(1)};
  const Tensors in = EpilogueOperands(c);
  const auto conv = [&](const BiasActInputs& inputs, const BiasActParams& params = {}) {
    return Conv2d(in[0], in[1], c.geometry, inputs, params);
  };
  BiasActInputs inputs = AllInputs(in);
  inputs.bias = NormalF64({2}, 1);
  EXPECT_DEATH(conv(inputs), HasSubstr("[Conv2d] bias f64[2] for input f64[2,4,3,3]"));
  inputs = AllInputs(in);
  inputs.scale = Cast(inputs.scale, DType::kF32);
  EXPECT_DEATH(conv(inputs), HasSubstr("[Conv2d] operand f32[2,3] for input f64[2,4,3,3]"));
  inputs.scale = NormalF64({2, 2}, 1);
  EXPECT_DEATH(conv(inputs), HasSubstr("[Conv2d] scale f64[2,2] for input f64[2,4,3,3]"));
  inputs = AllInputs(in);
  inputs.noise = NormalF64({1, 4, 3, 1}, 1);
  EXPECT_DEATH(conv(inputs), HasSubstr("[Conv2d] noise f64[1,4,3,1] for input f64[2,4,3,3]"));
  inputs.noise = Tensor();
  EXPECT_DEATH(conv(inputs), HasSubstr("[Conv2d] noise and strength go together"));
  EXPECT_DEATH(conv({}, EpilogueParams(-1, 0)), HasSubstr("[Conv2d] slope -1, gain 1.5"));
}

TEST(ConvDeathTest, NamesTheOperands) {
  const Tensor x = F64({1, 2, 2, 3}, std::vector<double>(12, 1)), w = F64({4, 1, 1, 2}, std::vector<double>(8, 1));
  const Tensor fits = F64({4, 1, 1, 3}, std::vector<double>(12, 1));
  EXPECT_DEATH(Conv2d(x, w, {}), HasSubstr("[Conv2d] weight [4,1,1,2] with 1 group(s) expects 2 input channels, input "
                                           "[1,2,2,3] has 3"));
  EXPECT_DEATH(Conv2d(x, Cast(fits, DType::kF32), {}),
               HasSubstr("[Conv2d] needs two operands of one floating dtype, got f64[1,2,2,3] and f32[4,1,1,3]"));
  EXPECT_DEATH(Conv2d(Reshape(x, {4, 3}), fits, {}), HasSubstr("[Conv2d] input must be [N,H,W,C], got [4,3]"));
  EXPECT_DEATH(
      Conv2dInputGrad(x, fits, {}, {1, 2, 2, 3}),
      HasSubstr("[Conv2dInputGrad] gradient f64[1,2,2,3], but [1,2,2,3] with weight f64[4,1,1,3] gives [1,2,2,4]"));
  EXPECT_DEATH(Conv2dWeightGrad(x, x, {}, {4, 1, 1, 3}),
               HasSubstr("[Conv2dWeightGrad] gradient f64[1,2,2,3], but input f64[1,2,2,3] with weight [4,1,1,3] gives "
                         "[1,2,2,4]"));
}

}  // namespace
}  // namespace sg
