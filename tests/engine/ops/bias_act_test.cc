#include "engine/ops/bias_act.h"

#include <tuple>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using ::testing::Bool;
using testing::CheckGradients;
using ::testing::Combine;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using testing::F64;
using ::testing::HasSubstr;
using testing::NonzeroF64;
using testing::NormalF64;
using testing::OpCounter;

using Tensors = std::vector<Tensor>;

BiasActParams Params(double in_gain, double slope, double gain, double clamp) {
  BiasActParams params;
  params.in_gain = in_gain;
  params.slope = slope;
  params.gain = gain;
  params.clamp = clamp;
  return params;
}

class BiasActValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor X(const Shape& shape, const std::vector<float>& values) const { return F32(shape, values, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, BiasActValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(BiasActValues, EveryOperandAndParameter) {
  BiasActInputs inputs;
  inputs.bias = X({2}, {0.5f, 1});
  inputs.noise = X({1, 1, 2, 1}, {2, -1});
  inputs.strength = X({1}, {0.5f});
  // Pre-activations 3.5, -2 and 6, -7.5.
  const Tensor y = BiasAct(X({1, 1, 2, 2}, {1, -2, 3, -4}), inputs, Params(2, 0.25, 2, 10));
  ExpectValues(y, {7, -1, 10, -3.75});
}

TEST_P(BiasActValues, OperandsMayBeAbsent) {
  const Tensor x = X({2, 2}, {1, -2, 3, -4});
  ExpectValues(BiasAct(x, {}, {}), {1, -2, 3, -4});
  BiasActInputs bias;
  bias.bias = X({2}, {1, 1});
  ExpectValues(BiasAct(x, bias, Params(1, 0.5, 1, 0)), {2, -0.5, 4, -1.5});
}

TEST_P(BiasActValues, GradReadsTheSignAndTheClampFromTheOutput) {
  const Tensor y = X({4}, {7, -1, 10, -10}), dy = X({4}, {1, 2, 1, 1});
  ExpectValues(BiasActGrad(dy, y, Params(3, 0.25, 2, 10)), {6, 3, 0, 0});
  ExpectValues(BiasActGrad(dy, y, Params(1, 0.25, 2, 0)), {2, 1, 2, 0.5});
}

TEST_P(BiasActValues, AScaleIsOfEachImageAndChannel) {
  BiasActInputs inputs;
  inputs.scale = X({2, 2}, {1, 0.5f, -2, 3});
  inputs.bias = X({2}, {0.5f, 1});
  // Pre-activations 2.5, -1 and 6.5, -3 of the first image, -3.5, 7 and 0.5, 19 of the second.
  const Tensor x = X({2, 2, 2}, {1, -2, 3, -4, 1, 1, 0, 3});
  const BiasActParams params = Params(2, 0.5, 2, 20);
  const Tensor y = BiasAct(x, inputs, params);
  ExpectValues(y, {5, -1, 13, -3, -3.5, 14, 1, 20});
  ExpectValues(BiasActGrad(X({2, 2, 2}, {1, 1, 1, 2, 1, 1, 1, 1}), y, params, inputs.scale),
               {4, 1, 4, 2, -4, 12, -8, 0});
}

// x [N,H,W,C], scale [N,C], bias [C], noise [N,H,W,1], strength [1]. `all` contains only the operands of the case.
struct Operands {
  Tensors all;
  bool has_scale, has_bias, has_noise;

  BiasActInputs Inputs(const Tensors& in) const {
    BiasActInputs inputs;
    if (has_scale) inputs.scale = in[1];
    if (has_bias) inputs.bias = in[has_scale ? 2 : 1];
    if (has_noise) {
      inputs.noise = in[in.size() - 2];
      inputs.strength = in[in.size() - 1];
    }
    return inputs;
  }
};

Tensor Fused(const Operands& operands, const Tensors& in, const BiasActParams& params) {
  return BiasAct(in[0], operands.Inputs(in), params);
}

Tensor Composed(const Operands& operands, const Tensors& in, const BiasActParams& params) {
  const BiasActInputs inputs = operands.Inputs(in);
  Tensor pre = Scale(in[0], params.in_gain);
  if (inputs.scale.defined()) pre = Mul(pre, Reshape(inputs.scale, {in[0].dim(0), 1, 1, in[0].dim(3)}));
  if (inputs.bias.defined()) pre = Add(pre, inputs.bias);
  if (inputs.noise.defined()) pre = Add(pre, Mul(inputs.noise, inputs.strength));
  const Tensor y = Scale(LeakyRelu(pre, params.slope), params.gain);
  return params.clamp > 0 ? Clamp(y, -params.clamp, params.clamp) : y;
}

// Pre-activations are at least 0.25 away from the kink at zero.
Operands MakeOperands(bool has_scale, bool has_bias, bool has_noise, const BiasActParams& params) {
  const Shape shape = {2, 2, 3, 4};
  Operands operands;
  operands.has_scale = has_scale;
  operands.has_bias = has_bias;
  operands.has_noise = has_noise;
  Tensor x = NonzeroF64(shape, 1);
  operands.all.push_back(Tensor());
  if (has_scale) operands.all.push_back(NonzeroF64({2, 4}, 6));
  if (has_bias) {
    operands.all.push_back(NormalF64({4}, 2));
    x = Sub(x, operands.all.back());
  }
  if (has_noise) {
    const Tensor noise = NormalF64({2, 2, 3, 1}, 3), strength = F64({1}, {0.7});
    x = Sub(x, Mul(noise, strength));
    operands.all.push_back(noise);
    operands.all.push_back(strength);
  }
  if (has_scale) x = Div(x, Reshape(operands.all[1], {2, 1, 1, 4}));
  operands.all[0] = Scale(x, 1 / params.in_gain);
  return operands;
}

// scale, bias, noise, in_gain, slope, gain, clamp
class BiasActCases : public ::testing::TestWithParam<std::tuple<bool, bool, bool, double, double, double, double>> {
 protected:
  BiasActCases() {
    const auto [has_scale, has_bias, has_noise, in_gain, slope, gain, clamp] = GetParam();
    params_ = Params(in_gain, slope, gain, clamp);
    operands_ = MakeOperands(has_scale, has_bias, has_noise, params_);
  }

  BiasActParams params_;
  Operands operands_;
};

// The clamp of 1.3 limits about a third of the outputs.
INSTANTIATE_TEST_SUITE_P(AllForms, BiasActCases,
                         Combine(Bool(), Bool(), Bool(), ::testing::Values(1, -1.5), ::testing::Values(0, 0.2, 1),
                                 ::testing::Values(1, 1.4142), ::testing::Values(0, 1.3)));

TEST_P(BiasActCases, EqualsTheCompositionOnEveryDevice) {
  const Tensor want = Composed(operands_, operands_.all, params_);
  ExpectSameValues(Fused(operands_, operands_.all, params_), want, 1e-12);
  for (const Device device : AvailableDevices()) {
    Tensors in;
    for (const Tensor& t : operands_.all) in.push_back(Cast(t, DType::kF32).To(device));
    ExpectSameValues(Fused(operands_, in, params_), want, 2e-6);
  }
}

TEST_P(BiasActCases, GradientsEqualThoseOfTheComposition) {
  Tensors leaves;
  for (const Tensor& t : operands_.all) leaves.push_back(t.Detach().Track());
  const Tensor seed = NormalF64(leaves[0].shape(), 5);
  const Tensors fused = Grad({Fused(operands_, leaves, params_)}, leaves, {seed});
  const Tensors composed = Grad({Composed(operands_, leaves, params_)}, leaves, {seed});
  for (size_t i = 0; i < leaves.size(); ++i) ExpectSameValues(fused[i], composed[i], 1e-12);
}

TEST_P(BiasActCases, GradientsToOrderTwo) {
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Fused(operands_, in, params_); }, operands_.all));
}

TEST(BiasActGradients, OfBiasActGrad) {
  const BiasActParams params = Params(0.75, 0.2, 1.4142, 1.3);
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return BiasActGrad(in[0], in[1], params); },
                             {NormalF64({3, 4}, 1), NonzeroF64({3, 4}, 2)}));
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return BiasActGrad(in[0], in[1], params, in[2]); },
                             {NormalF64({2, 3, 4}, 1), NonzeroF64({2, 3, 4}, 2), NonzeroF64({2, 4}, 3)}));
}

// The scale's gradient is computed from results that contain the scale as a factor.
TEST(BiasActGradients, OfAScaleToOrderThree) {
  const BiasActParams params = Params(0.75, 0.2, 1.4142, 0);
  const Operands operands = MakeOperands(/*has_scale=*/true, /*has_bias=*/true, /*has_noise=*/true, params);
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(CheckGradients([&](const Tensors& in) { return Fused(operands, in, params); }, operands.all, options));
}

TEST(BiasActGradients, OfAMatrixAndOfAVector) {
  const BiasActParams params = Params(0.5, 0.2, 1, 0);
  const auto function = [&](const Tensors& in) {
    BiasActInputs inputs;
    inputs.bias = in[1];
    return BiasAct(in[0], inputs, params);
  };
  EXPECT_TRUE(CheckGradients(function, {NormalF64({3, 4}, 1), NormalF64({4}, 2)}));
  EXPECT_TRUE(CheckGradients(function, {NormalF64({4}, 1), NormalF64({4}, 2)}));
  const auto scaled = [&](const Tensors& in) {
    BiasActInputs inputs;
    inputs.scale = in[1];
    inputs.bias = in[2];
    return BiasAct(in[0], inputs, params);
  };
  EXPECT_TRUE(CheckGradients(scaled, {NormalF64({3, 4}, 1), NonzeroF64({3, 4}, 3), NormalF64({4}, 2)}));
}

TEST(BiasActGradients, OnePassServesAllOperands) {
  const BiasActParams params = Params(1, 0.2, 1, 0);
  for (const bool has_scale : {false, true}) {
    const Operands operands = MakeOperands(has_scale, /*has_bias=*/true, /*has_noise=*/true, params);
    Tensors leaves;
    for (const Tensor& t : operands.all) leaves.push_back(t.Detach().Track());
    const Tensor y = Fused(operands, leaves, params);
    {
      const OpCounter ops;
      Grad({y}, leaves);
      EXPECT_EQ(ops.count("BiasActGrad"), 1);
    }
    {
      const OpCounter ops;
      Grad({y}, {leaves[0]});
      EXPECT_EQ(ops.total(), 1);  // no sums for the scale, the bias and the strength
    }
    if (!has_scale) continue;
    const OpCounter ops;
    Grad({y}, {leaves[0], leaves[1]});
    EXPECT_EQ(ops.total(), 3);  // plus the sum for the scale, divided by it
  }
}

TEST(BiasActGradients, OnlyTheOutputIsKept) {
  Tensor x = NonzeroF64({64, 32}, 1).Track(), bias = NormalF64({32}, 2).Track();
  Tensor pre = Scale(x, 2);
  BiasActInputs inputs;
  inputs.bias = bias;
  const Tensor y = BiasAct(pre, inputs, Params(1, 0.2, 1, 0));
  const int64_t before = BackendFor(Device::Ref()).Stats().live_bytes;
  pre = Tensor();
  EXPECT_EQ(before - BackendFor(Device::Ref()).Stats().live_bytes, 64 * 32 * 8);
}

TEST(BiasActGradients, AScaleKeepsTheInputToo) {
  Tensor x = NonzeroF64({64, 32}, 1).Track();
  Tensor pre = Scale(x, 2), scale = NonzeroF64({64, 32}, 2), bias = NormalF64({32}, 3);
  BiasActInputs inputs;
  inputs.scale = scale;
  inputs.bias = bias;
  const Tensor y = BiasAct(pre, inputs, Params(1, 0.2, 1, 0));
  const int64_t before = BackendFor(Device::Ref()).Stats().live_bytes;
  pre = scale = bias = Tensor();
  inputs = BiasActInputs();
  EXPECT_EQ(before - BackendFor(Device::Ref()).Stats().live_bytes, 32 * 8) << "of the bias alone";
}

TEST(BiasActGradients, ALinearOneKeepsNothing) {
  const BiasActParams params = Params(0.5, 1, 1.4142, 0);
  Tensor x = NormalF64({64, 32}, 1).Track(), bias = NormalF64({32}, 2).Track();
  BiasActInputs inputs;
  inputs.bias = bias;
  Tensor y = BiasAct(x, inputs, params);
  const Tensor sum = Sum(y, {0});
  const int64_t before = BackendFor(Device::Ref()).Stats().live_bytes;
  y = Tensor();
  EXPECT_EQ(before - BackendFor(Device::Ref()).Stats().live_bytes, 64 * 32 * 8);
  const OpCounter ops;
  Grad({sum}, {x, bias});
  EXPECT_EQ(ops.count("BiasActGrad"), 0);
}

TEST(BiasActDeathTest, NamesTheOperands) {
  const Tensor x = NormalF64({2, 3, 3, 4}, 1);
  BiasActInputs inputs;
  inputs.bias = NormalF64({3}, 1);
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] bias f64[3] for input f64[2,3,3,4]"));
  inputs.bias = F32({4}, {1, 2, 3, 4}, Device::Ref());
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] operand f32[4] for input f64[2,3,3,4]"));
  inputs.bias = Tensor();
  inputs.noise = NormalF64({2, 3, 3, 1}, 1);
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] noise and strength go together"));
  inputs.strength = NormalF64({4}, 1);
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] strength f64[4] must hold one element"));
  inputs.strength = NormalF64({1}, 1);
  inputs.noise = NormalF64({1, 3, 3, 1}, 1);
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] noise f64[1,3,3,1] for input f64[2,3,3,4]"));
  inputs = BiasActInputs();
  inputs.scale = NormalF64({3, 4}, 1);
  EXPECT_DEATH(BiasAct(x, inputs, {}), HasSubstr("[BiasAct] scale f64[3,4] for input f64[2,3,3,4]"));
  inputs.scale = NormalF64({4, 4}, 1);
  EXPECT_DEATH(BiasAct(NormalF64({4}, 1), inputs, {}), HasSubstr("[BiasAct] scale f64[4,4] for input f64[4]"));
  EXPECT_DEATH(BiasAct(x, {}, Params(1, -0.5, 1, 0)),
               HasSubstr("[BiasAct] slope -0.5, gain 1 and in_gain 1: the output must be"));
  EXPECT_DEATH(BiasAct(x, {}, Params(1, 0.2, -1, 0)), HasSubstr("gain -1"));
  EXPECT_DEATH(BiasAct(Cast(x, DType::kI32), {}, {}),
               HasSubstr("[BiasAct] needs a floating [...,C], got i32[2,3,3,4]"));
  EXPECT_DEATH(BiasActGrad(NormalF64({2}, 1), NormalF64({3}, 1), {}),
               HasSubstr("[BiasActGrad] gradient f64[2] for output f64[3]"));
  EXPECT_DEATH(BiasActGrad(x, x, {}, NormalF64({3, 4}, 1)),
               HasSubstr("[BiasActGrad] scale f64[3,4] for input f64[2,3,3,4]"));
  EXPECT_DEATH(BiasActGrad(x, x, {}, F32({2, 4}, std::vector<float>(8, 1), Device::Ref())),
               HasSubstr("[BiasActGrad] scale f32[2,4] for input f64[2,3,3,4]"));
}

TEST(BiasAct, AScaleOfZeroGivesNaNGradientsOfTheOtherOperandsOnly) {
  Tensor x = F64({1, 2}, {1, 2}), scale = F64({1, 2}, {0, 4}), bias = F64({2}, {1, 1});
  for (Tensor* t : {&x, &scale, &bias}) t->Track();
  BiasActInputs inputs;
  inputs.scale = scale;
  inputs.bias = bias;
  const std::vector<Tensor> g = Grad({BiasAct(x, inputs, Params(1, 0.2, 1, 0))}, {x, scale, bias});
  testing::ExpectValues(g[0], {0, 4});
  for (int i = 1; i < 3; ++i) {
    EXPECT_TRUE(std::isnan(testing::Values(g[i])[0]));
    EXPECT_EQ(testing::Values(g[i])[1], i == 1 ? 2 : 1);
  }
}

}  // namespace
}  // namespace sg
