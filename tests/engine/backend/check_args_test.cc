// Every backend refuses arguments that do not fit together, and names the kernel and the operands.
#include "engine/backend/check_args.h"

#include <string>
#include <vector>

#include "engine/base/device.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using ::testing::HasSubstr;

// CheckArgs reads no element, so one address serves all tensors.
TensorView View(const Shape& shape, DType dtype = DType::kF32) {
  static double memory[1];
  return {memory, dtype, shape};
}
TensorView Missing(const Shape& shape) { return {nullptr, DType::kF32, shape}; }

#define EXPECT_REFUSED(args, words) EXPECT_DEATH(CheckArgs(args), HasSubstr(words))

TEST(CheckArgsDeathTest, Elementwise) {
  EXPECT_REFUSED((FillArgs{Missing({2}), 0}), "[Fill] y has no buffer");
  EXPECT_REFUSED((UnaryArgs{View({2, 3}), View({3, 2})}), "[Unary] y must be f32[2,3], got f32[3,2]");
  EXPECT_REFUSED((UnaryArgs{View({2}, DType::kI32), View({2}, DType::kI32)}), "[Unary] needs a floating dtype");
  EXPECT_REFUSED((UnaryArgs{Missing({2}), View({2})}), "[Unary] x has no buffer");
  EXPECT_REFUSED((BinaryArgs{View({4}), View({4}, DType::kBF16), View({4})}), "[Binary] b must be f32[4]");
  EXPECT_REFUSED((BinaryArgs{View({4}), View({3}), View({4})}), "[Binary] b [3] does not broadcast to [4]");
  EXPECT_REFUSED((WhereArgs{View({3}), View({4}), View({4}), View({4})}), "[Where] condition [3] does not broadcast");
  EXPECT_REFUSED((CastArgs{View({3}), View({4}, DType::kBF16)}), "[Cast] y must be bf16[3], got bf16[4]");
}

TEST(CheckArgsDeathTest, StridedCopy) {
  StridedCopyArgs copy;
  copy.x = View({16});
  copy.y = View({12});
  copy.extent = {13};
  copy.x_strides = copy.y_strides = {1};
  EXPECT_REFUSED(copy, "[StridedCopy] the box [13] reaches elements 0 to 12 of y [12]");
  copy.extent = {12};
  copy.x_offset = 5;
  EXPECT_REFUSED(copy, "reaches elements 5 to 16 of x [16]");
  copy.x_offset = 0;
  copy.x_strides = {-1};
  EXPECT_REFUSED(copy, "reaches elements -11 to 0 of x [16]");
  copy.y.dtype = DType::kBF16;
  EXPECT_REFUSED(copy, "[StridedCopy] f32 to bf16");
  copy.y = View({12});
  copy.x_strides = {0};
  CheckArgs(copy);
}

TEST(CheckArgsDeathTest, SumsAndProducts) {
  EXPECT_REFUSED((ReduceArgs{View({2, 3}), {}, View({2})}), "[Reduce] y [2] does not broadcast to [2,3]");
  EXPECT_REFUSED((ReduceArgs{View({2, 3}), View({2}), View({2, 1})}), "[Reduce] b [2] does not broadcast to [2,3]");
  EXPECT_REFUSED((WeightEnergyArgs{View({8, 3, 3}), View({8, 3})}), "[WeightEnergy] weight must be [O,kH,kW,I]");
  EXPECT_REFUSED((WeightEnergyArgs{View({8, 3, 3, 4}), View({4, 8})}), "[WeightEnergy] y must be f32[8,4]");
  EXPECT_REFUSED((MatMulArgs{View({2, 3}), View({4, 5}), View({2, 5})}),
                 "[MatMul] a [2,3] and b [4,5] do not make y [2,5]");
  EXPECT_REFUSED((MatMulArgs{View({2, 3}), View({3, 5}), View({1, 2, 5})}), "[MatMul] a [2,3] and b [3,5]");
  EXPECT_REFUSED((MatMulArgs{View({2, 3}, DType::kBF16), View({3, 5}, DType::kBF16), View({2, 5}, DType::kBF16)}),
                 "[MatMul] no product of bf16 and bf16 into bf16");
}

TEST(CheckArgsDeathTest, Convolutions) {
  const Shape x = {1, 4, 4, 3}, w = {5, 3, 3, 3}, y = {1, 2, 2, 5};
  CheckArgs(Conv2dArgs{View(x), View(w), View(y), {}});
  EXPECT_REFUSED((Conv2dArgs{View(x), View({5, 3, 3, 4}), View(y), {}}), "[Conv2d] weight [5,3,3,4]");
  EXPECT_REFUSED((Conv2dArgs{View(x), View(w), View(x), {}}), "belong to an output [1,2,2,5], got [1,4,4,3]");
  EXPECT_REFUSED((Conv2dArgs{View(x), View(w, DType::kBF16), View(y), {}}), "[Conv2d] no product of f32 and bf16");
  EXPECT_REFUSED((Conv2dArgs{Missing(x), View(w), View(y), {}}), "[Conv2d] an input has no buffer");
  Conv2dArgs conv = {View(x), View(w), View(y), {}};
  conv.epilogue.scale = View({5, 1});
  EXPECT_REFUSED(conv, "[Conv2d] scale must be f32[1,5], got f32[5,1]");
  conv.epilogue.scale = View({1, 5});
  conv.epilogue.bias = View({5}, DType::kBF16);
  EXPECT_REFUSED(conv, "[Conv2d] bias must be f32[5], got bf16[5]");
  conv.epilogue.bias = View({5});
  conv.epilogue.noise = View({1, 2, 2, 1});
  EXPECT_REFUSED(conv, "[Conv2d] strength has no buffer");
  conv.epilogue.strength = View({1});
  CheckArgs(conv);
  conv.epilogue.noise = View({2, 2, 1});
  EXPECT_REFUSED(conv, "[Conv2d] noise must be f32[1,2,2,1], got f32[2,2,1]");
  conv.epilogue.noise = TensorView();
  conv.epilogue.gain = 0;
  EXPECT_REFUSED(conv, "[Conv2d] slope must not be negative and gain must be positive");
  EXPECT_REFUSED((Conv2dInputGradArgs{View(y), View(w), View(y), {}}), "[Conv2dInputGrad]");
  EXPECT_REFUSED((Conv2dWeightGradArgs{View(x), View(x), View(w), {}}), "[Conv2dWeightGrad] input [1,4,4,3]");
}

TEST(CheckArgsDeathTest, Fused) {
  const Shape x = {2, 4, 4, 3};
  EXPECT_REFUSED((UpFirDn2dArgs{View(x), View({2, 2, 2, 3}), {}, {}}), "[UpFirDn2d] axis H maps 4 to 4");
  FirAxis broken;
  broken.taps = kMaxFirTaps + 1;
  EXPECT_REFUSED((UpFirDn2dArgs{View(x), View(x), broken, {}}), "[UpFirDn2d] axis H: 17 taps");
  AffineSampleArgs sample;
  sample.x = sample.y = View(x);
  sample.transforms = View({2, 6});
  CheckArgs(sample);
  sample.margins.bottom = 4;
  EXPECT_REFUSED(sample, "[AffineSample] margins 0 and 4 along H, must be from 0 to 3");
  sample.margins = {};
  sample.filter.taps = 16;
  EXPECT_REFUSED(sample, "[AffineSample] a filter of 16 taps with origin 0, up 1");
  sample.filter = {};
  sample.transforms = View({2, 6}, DType::kBF16);
  EXPECT_REFUSED(sample, "[AffineSample] transforms must be f32[2,6], got bf16[2,6]");
  sample.y = View({2, 4, 4, 1});
  EXPECT_REFUSED(sample, "[AffineSample] [N,H,W,C] with the same N, C and type expected");
  BiasActArgs act;
  act.x = act.y = View(x);
  CheckArgs(act);
  act.bias = View({4});
  EXPECT_REFUSED(act, "[BiasAct] bias must be f32[3], got f32[4]");
  act.bias = View({3});
  act.scale = View({3, 2});
  EXPECT_REFUSED(act, "[BiasAct] scale must be f32[2,3], got f32[3,2]");
  act.scale = View({2, 3});
  act.noise = View({2, 4, 4, 1});
  EXPECT_REFUSED(act, "[BiasAct] strength has no buffer");
  act.strength = Missing({1});
  EXPECT_REFUSED(act, "[BiasAct] strength has no buffer");
  act.strength = View({1});
  CheckArgs(act);
  act.slope = 0;
  CheckArgs(act);
  act.slope = -0.5;
  EXPECT_REFUSED(act, "[BiasAct] slope must not be negative and gain must be positive, got -0.5 and 1");
  BiasActGradArgs grad;
  grad.dy = grad.dx = View(x);
  grad.y = View({2, 4, 4, 4});
  EXPECT_REFUSED(grad, "[BiasActGrad] y must be f32[2,4,4,3]");
}

TEST(CheckArgsDeathTest, InPlace) {
  EXPECT_REFUSED((RandomArgs{View({4}, DType::kU8)}), "[Random] needs a floating dtype, got u8");
  const AdamTensor adam[] = {{View({4}), View({4}), View({3}), View({4})}};
  AdamStepArgs step;
  step.tensors = adam;
  step.grad_scale = View({1});
  EXPECT_REFUSED(step, "[AdamStep] v must be f32[4], got f32[3]");
  step.step = 0;
  EXPECT_REFUSED(step, "[AdamStep] steps count from 1, got 0");
  step.grad_scale = View({2});
  EXPECT_REFUSED(step, "[AdamStep] grad_scale must hold one element");
  const LerpPair lerp[] = {{View({4}), View({5})}};
  EXPECT_REFUSED((LerpArgs{lerp, 0.5}), "[Lerp] source must be f32[4], got f32[5]");
  const TensorView squared[] = {View({4}, DType::kBF16)};
  EXPECT_REFUSED((SquaredNormArgs{squared, View({1})}), "[SquaredNorm] tensor must be f32[4]");
}

// Regression: the loops of the CPU backend used to write outside their buffers here.
TEST(CheckArgsDeathTest, EveryBackendRefuses) {
  std::vector<Device> devices = AvailableDevices();
  devices.push_back(Device::Plan());
  for (const Device device : devices) {
    Backend& backend = BackendFor(device);
    EXPECT_DEATH(backend.Unary({View({2}), View({3})}), HasSubstr("[Unary] y must be")) << device;
    EXPECT_DEATH(backend.Binary({View({2}), View({3}), View({3})}), HasSubstr("[Binary] a [2]")) << device;
    BiasActArgs act;
    act.x = View({2, 3});
    act.y = View({2, 4});
    EXPECT_DEATH(backend.BiasAct(act), HasSubstr("[BiasAct] y must be")) << device;
  }
}

}  // namespace
}  // namespace sg
