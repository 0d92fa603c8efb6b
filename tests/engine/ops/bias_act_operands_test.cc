// The tests of BiasAct and of Conv2d check the gradients. These check which input of an operation is which.
#include "engine/ops/bias_act_operands.h"

#include <vector>

#include "engine/backend/kernel_args.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::F64;
using testing::NormalF64;

BiasActInputs Inputs(bool scale, bool bias, bool noise) {
  BiasActInputs inputs;
  if (scale) inputs.scale = NormalF64({2, 3}, 1);
  if (bias) inputs.bias = NormalF64({3}, 2);
  if (noise) {
    inputs.noise = NormalF64({2, 4, 1}, 3);
    inputs.strength = F64({1}, {0.5});
  }
  return inputs;
}

TEST(BiasActOperands, AreTheInputsFromTheFirstOnInTheirOrder) {
  for (const bool scale : {false, true}) {
    for (const bool bias : {false, true}) {
      for (const bool noise : {false, true}) {
        const BiasActInputs inputs = Inputs(scale, bias, noise);
        std::vector<Tensor> in = {NormalF64({2, 4, 3}, 4), NormalF64({3, 3}, 5)};
        BiasActOperands::Append(inputs, &in);
        const BiasActOperands operands(inputs, {}, /*first=*/2);
        operands.Check("Test", in, in[0].spec());
        EXPECT_EQ(operands.scale(), scale ? 2 : 0);

        std::vector<TensorView> views;
        for (const Tensor& t : in) views.push_back(t.view());
        Conv2dEpilogue epilogue;
        operands.Set(views, &epilogue);
        const auto expect = [](const TensorView& view, const Tensor& t) {
          EXPECT_EQ(view.data, t.defined() ? t.view().data : nullptr);
        };
        expect(epilogue.scale, inputs.scale);
        expect(epilogue.bias, inputs.bias);
        expect(epilogue.noise, inputs.noise);
        expect(epilogue.strength, inputs.strength);
        // Only the value of the bias is not needed for gradients.
        for (int i = 2; i < static_cast<int>(in.size()); ++i) {
          EXPECT_EQ(operands.KeepsInput(i), !(bias && i == (scale ? 3 : 2))) << i;
        }
      }
    }
  }
}

TEST(BiasActOperands, SetsTheConstants) {
  BiasActParams params;
  params.in_gain = 0.5;
  params.slope = 0.25;
  params.gain = 2;
  params.clamp = 3;
  BiasActArgs args;
  BiasActOperands({}, params, /*first=*/1).Set({}, &args);
  EXPECT_EQ(args.in_gain, 0.5);
  EXPECT_EQ(args.slope, 0.25);
  EXPECT_EQ(args.gain, 2);
  EXPECT_EQ(args.clamp, 3);
}

TEST(BiasActOperands, KeepTheOutputUnlessLinear) {
  BiasActParams params;
  EXPECT_FALSE(BiasActOperands({}, params, 1).KeepsOutput());
  params.gain = 2;
  EXPECT_FALSE(BiasActOperands({}, params, 1).KeepsOutput());
  params.slope = 0.2;
  EXPECT_TRUE(BiasActOperands({}, params, 1).KeepsOutput());
  params.slope = 1;
  params.clamp = 1;
  EXPECT_TRUE(BiasActOperands({}, params, 1).KeepsOutput());
}

}  // namespace
}  // namespace sg
