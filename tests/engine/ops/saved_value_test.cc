// Differentiates every operation with bf16 operands, and compares with the same operation on f32 operands of equal
// values.
#include "engine/ops/saved_value.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/ops/weight_energy.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::F32;
using testing::Values;
using Tensors = std::vector<Tensor>;

struct OpCase {
  std::string name;
  std::function<Tensor(const Tensors&)> function;
  std::vector<Shape> shapes;
};

BiasActInputs AllInputs(const Tensors& x) {
  BiasActInputs inputs;
  inputs.scale = x[1];
  inputs.bias = x[2];
  inputs.noise = x[3];
  inputs.strength = x[4];
  return inputs;
}

BiasActParams LeakyParams() {
  BiasActParams params;
  params.slope = 0.25;
  params.gain = 2;
  params.clamp = 64;  // not reached
  return params;
}

UpFirDnParams Blur() {
  FirParams blur;
  blur.filter = {0.25f, 0.5f, 0.25f};
  blur.pad0 = blur.pad1 = 1;
  return MakeUpFirDn(blur);
}

std::vector<OpCase> Cases() {
  const ConvGeometry padded = ConvGeometry::Padded(1);
  return {
      {"Affine", [](const Tensors& x) { return Affine(x[0], 3, 1); }, {{4, 3}}},
      {"Exp", [](const Tensors& x) { return Exp(x[0]); }, {{4, 3}}},
      {"Log", [](const Tensors& x) { return Log(x[0]); }, {{4, 3}}},
      {"Sqrt", [](const Tensors& x) { return Sqrt(x[0]); }, {{4, 3}}},
      {"Rsqrt", [](const Tensors& x) { return Rsqrt(x[0]); }, {{4, 3}}},
      {"Reciprocal", [](const Tensors& x) { return Reciprocal(x[0]); }, {{4, 3}}},
      {"Square", [](const Tensors& x) { return Square(x[0]); }, {{4, 3}}},
      {"Abs", [](const Tensors& x) { return Abs(x[0]); }, {{4, 3}}},
      {"Tanh", [](const Tensors& x) { return Tanh(x[0]); }, {{4, 3}}},
      {"Sigmoid", [](const Tensors& x) { return Sigmoid(x[0]); }, {{4, 3}}},
      {"Softplus", [](const Tensors& x) { return Softplus(x[0]); }, {{4, 3}}},
      {"LeakyRelu", [](const Tensors& x) { return LeakyRelu(x[0], 0.25); }, {{4, 3}}},
      {"Clamp", [](const Tensors& x) { return Clamp(x[0], 0.75, 1.5); }, {{4, 3}}},
      {"Add", [](const Tensors& x) { return AddScaled(x[0], 2, x[1], -3); }, {{4, 3}, {3}}},
      {"Mul", [](const Tensors& x) { return MulScaled(x[0], x[1], 2); }, {{4, 3}, {3}}},
      {"MulBySelf", [](const Tensors& x) { return Mul(x[0], x[0]); }, {{4, 3}}},
      {"Div", [](const Tensors& x) { return DivScaled(x[0], x[1], 2); }, {{4, 3}, {3}}},
      {"Maximum", [](const Tensors& x) { return Maximum(x[0], x[1]); }, {{4, 3}, {3}}},
      {"Where", [](const Tensors& x) { return Where(Greater(x[0], x[1]), x[0], x[1]); }, {{4, 3}, {3}}},
      {"BroadcastTo",
       [](const Tensors& x) {
         return BroadcastTo(x[0], {4, 3});
       },
       {{3}}},
      {"SumTo",
       [](const Tensors& x) {
         return SumTo(x[0], {1, 3}, 2);
       },
       {{4, 3}}},
      {"MulSumTo",
       [](const Tensors& x) {
         return MulSumTo(x[0], x[1], {4, 1}, 2);
       },
       {{4, 3}, {3}}},
      {"MulSumToOfSquares",
       [](const Tensors& x) {
         return MulSumTo(x[0], x[0], {4, 1}, 2);
       },
       {{4, 3}}},
      {"WeightEnergy", [](const Tensors& x) { return WeightEnergy(x[0]); }, {{2, 3, 3, 4}}},
      {"Variance", [](const Tensors& x) { return Variance(x[0], {0}, 1); }, {{4, 3}}},
      {"Reshape",
       [](const Tensors& x) {
         return Reshape(x[0], {3, 4});
       },
       {{4, 3}}},
      {"Permute",
       [](const Tensors& x) {
         return Permute(x[0], {1, 0});
       },
       {{4, 3}}},
      {"Slice",
       [](const Tensors& x) {
         return Slice(x[0], {1, 0}, {2, 3});
       },
       {{4, 3}}},
      {"PadTo",
       [](const Tensors& x) {
         return PadTo(x[0], {5, 4}, {1, 0});
       },
       {{4, 3}}},
      {"Concat",
       [](const Tensors& x) {
         return Concat({x[0], x[1]}, 0);
       },
       {{4, 3}, {1, 3}}},
      {"UpFirDn2d", [](const Tensors& x) { return UpFirDn2d(x[0], Blur()); }, {{1, 4, 4, 2}}},
      {"UpFirDn2dTransposed",
       [](const Tensors& x) {
         return UpFirDn2dTransposed(x[0], Blur(), {1, 4, 4, 2});
       },
       {{1, 4, 4, 2}}},
      {"MatMul", [](const Tensors& x) { return MatMul(x[0], x[1]); }, {{4, 3}, {3, 2}}},
      {"Conv2d", [=](const Tensors& x) { return Conv2d(x[0], x[1], padded); }, {{1, 4, 4, 2}, {3, 3, 3, 2}}},
      {"Conv2dInputGrad",
       [=](const Tensors& x) {
         return Conv2dInputGrad(x[0], x[1], padded, {1, 4, 4, 2});
       },
       {{1, 4, 4, 3}, {3, 3, 3, 2}}},
      {"Conv2dWeightGrad",
       [=](const Tensors& x) {
         return Conv2dWeightGrad(x[0], x[1], padded, {3, 3, 3, 2});
       },
       {{1, 4, 4, 2}, {1, 4, 4, 3}}},
      {"BiasActLinear",
       [](const Tensors& x) { return BiasAct(x[0], AllInputs(x), {}); },
       {{2, 2, 2, 3}, {2, 3}, {3}, {2, 2, 2, 1}, {1}}},
      {"BiasAct",
       [](const Tensors& x) { return BiasAct(x[0], AllInputs(x), LeakyParams()); },
       {{2, 2, 2, 3}, {2, 3}, {3}, {2, 2, 2, 1}, {1}}},
      {"BiasActGrad",
       [](const Tensors& x) { return BiasActGrad(x[0], x[1].Detach(), LeakyParams(), x[2]); },
       {{2, 2, 2, 3}, {2, 2, 2, 3}, {2, 3}}},
      {"Cast", [](const Tensors& x) { return Square(Cast(x[0], DType::kF32)); }, {{4, 3}}},
  };
}

// Multiples of 1/16 in (0.5, 2.5), distinct within a tensor's last dimension. They are exact in bf16 and away from
// every kink.
std::vector<float> Numbers(const Shape& shape, int salt) {
  std::vector<float> values(shape.NumElements());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = 0.5f + static_cast<float>((7 * i + 5 * static_cast<size_t>(salt) + 1) % 31) / 16;
  }
  return values;
}

struct Gradients {
  Tensors first, second;
};

// The gradients of the output with a fixed seed, and the gradients of the sum of their squares, for operands of type
// `dtype`.
Gradients GradientsIn(DType dtype, const OpCase& op, Device device) {
  Tensors inputs;
  for (const Shape& shape : op.shapes) {
    inputs.push_back(Cast(F32(shape, Numbers(shape, static_cast<int>(inputs.size())), device), dtype));
    inputs.back().Track();
  }
  const Tensor y = op.function(inputs);
  const Tensor seed = F32(y.shape(), Numbers(y.shape(), 9), device);
  GradOptions create;
  create.create_graph = true;
  Gradients result;
  result.first = Grad({y}, inputs, {seed}, create);
  Tensors energies;
  for (const Tensor& g : result.first) energies.push_back(Mean(Square(g)));
  result.second = Grad(energies, inputs);
  return result;
}

void ExpectClose(const Tensors& got, const Tensors& want, double relative) {
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(got[i].dtype(), DType::kF32);
    double largest = 0;
    for (const double v : Values(want[i])) largest = std::max(largest, std::abs(v));
    testing::ExpectSameValues(got[i], want[i], relative * largest);
  }
}

using OpOnDevice = std::tuple<Device, size_t>;  // the size_t is an index into Cases()

class Bf16Gradients : public ::testing::TestWithParam<OpOnDevice> {};

INSTANTIATE_TEST_SUITE_P(Ops, Bf16Gradients,
                         ::testing::Combine(::testing::ValuesIn(AvailableDevices()),
                                            ::testing::Range<size_t>(0, Cases().size())),
                         [](const ::testing::TestParamInfo<OpOnDevice>& info) {
                           const Device device = std::get<0>(info.param);
                           return Cases()[std::get<1>(info.param)].name + "_" + testing::DeviceTestName({device, 0});
                         });

TEST_P(Bf16Gradients, AreThoseOfF32OperandsUpToTheRoundingOfSavedValues) {
  const auto& [device, index] = GetParam();
  const OpCase op = Cases()[index];
  const Gradients got = GradientsIn(DType::kBF16, op, device), want = GradientsIn(DType::kF32, op, device);
  // bf16 has 8 significant bits. A rule reads at most a few saved outputs, each rounded once.
  ExpectClose(got.first, want.first, 0.02);
  ExpectClose(got.second, want.second, 0.04);
}

TEST(SavedValue, OfEveryOtherDtypeIsTheSameHandleAndRunsNothing) {
  const Tensor x = testing::F64({2}, {1, 2}), y = F32({2}, {1, 2}, Device::Ref());
  const Tensors inputs = {x, y};
  const VjpContext context = {inputs, y, y, {true, true}};
  EXPECT_EQ(SavedInput(context, 0).view().data, x.view().data);
  EXPECT_EQ(SavedInput(context, 1).view().data, y.view().data);
  EXPECT_EQ(SavedOutput(context).view().data, y.view().data);
}

}  // namespace
}  // namespace sg
