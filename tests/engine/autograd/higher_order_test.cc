// Grad of Grad: miniature versions of the regularizers, and derivatives that are known in closed form.
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/up_fir_dn.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F64;
using testing::NormalF64;
using testing::OpCounter;
using testing::PositiveF64;

using Tensors = std::vector<Tensor>;

constexpr GradOptions kCreateGraph = {/*create_graph=*/true};

Tensor Derivative(const Tensor& y, const Tensor& x) { return Grad({y}, {x}, {}, kCreateGraph)[0]; }

TEST(HigherOrderTest, DerivativesOfAFourthPower) {
  Tensor x = F64({2}, {2, -0.5});
  x.Track();
  const Tensor d0 = Square(Square(x)), d1 = Derivative(d0, x), d2 = Derivative(d1, x), d3 = Derivative(d2, x);
  ExpectValues(d1, {32, -0.5});
  ExpectValues(d2, {48, 3});
  ExpectValues(d3, {48, -12});
  ExpectValues(Derivative(d3, x), {24, 24});
}

TEST(HigherOrderTest, DerivativesOfAnExponential) {
  Tensor x = F64({1}, {1});
  x.Track();
  Tensor y = Exp(x);
  for (int order = 1; order <= 5; ++order) {
    y = Derivative(y, x);
    ExpectValues(y, {2.718281828459045}, 1e-12);
  }
}

TEST(HigherOrderTest, MixedDerivatives) {
  Tensor x = F64({1}, {2}), y = F64({1}, {3});
  x.Track();
  y.Track();
  const Tensor f = Mul(Square(x), Mul(y, Square(y)));  // x^2 y^3
  const Tensor fx = Derivative(f, x), fxy = Derivative(fx, y), fyx = Derivative(Derivative(f, y), x);
  ExpectValues(fxy, {108});  // 6 x y^2
  ExpectSameValues(fyx, fxy);
  ExpectValues(Derivative(fxy, y), {72});  // 12 x y
}

TEST(HigherOrderTest, TheSecondDerivativeOfALinearFunctionIsZero) {
  Tensor x = F64({2}, {1, 2});
  x.Track();
  const Tensor dx = Derivative(Scale(x, 3), x);
  ExpectValues(Grad({dx}, {x})[0], {0, 0});
}

// x [1,4,4,2], w0 [3,3,3,2], b [3], w1 [2,3,3,3] -> one score per image.
enum class Activation { kLeakyRelu, kSoftplus };

Tensor Discriminator(Activation activation, const Tensor& x, const Tensor& w0, const Tensor& b, const Tensor& w1) {
  Tensor y = Conv2d(x, w0, ConvGeometry::Padded(1));
  if (activation == Activation::kLeakyRelu) {
    BiasActInputs inputs;
    inputs.bias = b;
    BiasActParams params;
    params.slope = 0.2;
    params.gain = 1.4142;
    y = BiasAct(y, inputs, params);
  } else {
    y = Softplus(Add(y, b));
  }
  y = UpFirDn2d(y, MakeUpFirDn({1, 1, 1, 1, {0.25f, 0.5f, 0.25f}, EdgeMode::kReplicate}));
  y = Conv2d(y, w1, {2, 2, 1, 1, 1});
  return Sum(Square(y), {1, 2, 3});
}

class PenaltyTest : public ::testing::TestWithParam<Activation> {};

INSTANTIATE_TEST_SUITE_P(Activations, PenaltyTest, ::testing::Values(Activation::kLeakyRelu, Activation::kSoftplus),
                         [](const ::testing::TestParamInfo<Activation>& info) {
                           return info.param == Activation::kLeakyRelu ? "LeakyRelu" : "Softplus";
                         });

// R1 (Mescheder et al., 2018): the mean over images of |d D(x) / d x|^2, as a function of images and parameters.
TEST_P(PenaltyTest, R1EqualsFiniteDifferences) {
  const auto r1 = [](const Tensors& in) {
    const Tensor& x = in[0];
    const Tensor dx = Derivative(Discriminator(GetParam(), x, in[1], in[2], in[3]), x);
    return Mean(Sum(Square(dx), {1, 2, 3}));
  };
  EXPECT_TRUE(CheckGradients(
      r1, {NormalF64({2, 4, 4, 2}, 1), NormalF64({3, 3, 3, 2}, 2), NormalF64({3}, 3), NormalF64({2, 3, 3, 3}, 4)}));
}

// Path length (Karras et al., 2020): the squared difference between a constant and the norm of the gradient of <G(w),
// y> with respect to w.
TEST(PenaltyTest, PathLengthEqualsFiniteDifferences) {
  const Tensor image_noise = NormalF64({2, 4, 4, 3}, 9);
  const auto penalty = [&](const Tensors& in) {
    const Tensor &w = in[0], &style = in[1], &conv = in[2];
    // A modulated convolution with demodulation: scale the input, convolve, scale the output.
    const Tensor s = Reshape(MatMul(w, style), {2, 1, 1, 4});
    const Tensor sum_of_squares = Reshape(Sum(Square(conv), {1, 2}), {3, 4});
    const Tensor demodulation =
        Rsqrt(Affine(MatMul(Square(Reshape(s, {2, 4})), sum_of_squares, {false, true, 1}), 1, 1e-8));
    const Tensor y = Mul(Conv2d(Mul(in[3], s), conv, ConvGeometry::Padded(1)), Reshape(demodulation, {2, 1, 1, 3}));
    const Tensor dw = Derivative(Sum(Mul(Tanh(y), image_noise)), w);
    return Mean(Square(Affine(Sqrt(Sum(Square(dw), {1})), 1, -0.5)));
  };
  EXPECT_TRUE(CheckGradients(
      penalty, {NormalF64({2, 5}, 1), NormalF64({5, 4}, 2), NormalF64({3, 3, 3, 4}, 3), NormalF64({1, 4, 4, 4}, 4)}));
}

TEST(PenaltyTest, TheInnerPassOfR1ComputesNoWeightGradients) {
  Tensor x = NormalF64({1, 4, 4, 2}, 1).Track(), w0 = NormalF64({3, 3, 3, 2}, 2).Track();
  const Tensor b = NormalF64({3}, 3);
  Tensor w1 = NormalF64({2, 3, 3, 3}, 4).Track();
  const Tensor score = Discriminator(Activation::kLeakyRelu, x, w0, b, w1);
  Tensor dx;
  {
    const OpCounter ops;
    dx = Derivative(score, x);
    EXPECT_EQ(ops.count("Conv2dWeightGrad"), 0);
    EXPECT_EQ(ops.count("Conv2dInputGrad"), 2);
  }
  const OpCounter ops;
  Grad({Sum(Square(dx))}, {w0, w1});
  // w0 is used by its convolution and by the input gradient of that convolution. So is w1.
  EXPECT_EQ(ops.count("Conv2dWeightGrad"), 4);
}

TEST(HigherOrderTest, NormalisationToOrderThree) {
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(CheckGradients(
      [](const Tensors& x) {
        return Div(Sub(x[0], Mean(x[0], {1}, true)), Sqrt(Affine(Variance(x[0], {1}, 0, true), 1, 0.1)));
      },
      {PositiveF64({2, 4}, 1)}, options));
}

// Second-order gradients are the same on every device in f32.
class SecondOrderOnDevice : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, SecondOrderOnDevice, ::testing::ValuesIn(AvailableDevices()),
                         testing::DeviceTestName);

Tensors R1Gradients(const Tensors& in) {
  Tensors leaves;
  for (const Tensor& t : in) leaves.push_back(t.Detach().Track());
  const Tensor score = Discriminator(Activation::kLeakyRelu, leaves[0], leaves[1], leaves[2], leaves[3]);
  const Tensor penalty = Mean(Sum(Square(Derivative(score, leaves[0])), {1, 2, 3}));
  return Grad({penalty}, {leaves[1], leaves[3]});
}

TEST_P(SecondOrderOnDevice, R1GradientsAreThoseOfTheReference) {
  // Small weights keep gradients near 1, which makes the tolerance relative too.
  const Tensors reference = {NormalF64({2, 4, 4, 2}, 1), Scale(NormalF64({3, 3, 3, 2}, 2), 0.2), NormalF64({3}, 3),
                             Scale(NormalF64({2, 3, 3, 3}, 4), 0.2)};
  Tensors here;
  for (const Tensor& t : reference) here.push_back(Cast(t, DType::kF32).To(GetParam()));
  const Tensors want = R1Gradients(reference), got = R1Gradients(here);
  // A GPU may use TF32 operands, which have 11 bits.
  const double tolerance = GetParam().type == DeviceType::kCuda ? 1e-2 : 1e-5;
  for (size_t i = 0; i < want.size(); ++i) ExpectSameValues(got[i], want[i], tolerance);
}

}  // namespace
}  // namespace sg
