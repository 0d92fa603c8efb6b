#include "nn/layers/equalized_linear.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::NormalF64;
using testing::RefF64;

class EqualizedLinearParity : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, EqualizedLinearParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(EqualizedLinearParity, IsPyTorchs) {
  for (const char* name : {"equalized_linear_bias0", "equalized_linear_bias1"}) {
    testing::GoldenCase golden(name, GetParam());
    EqualizedLinear linear(6, 5, /*bias=*/0, golden.init());
    golden.Fill(Parameters(linear));
    golden.ExpectMatches(linear.Forward(golden.Input("x")));
  }
}

TEST(EqualizedLinear, NamesItsParametersAndStartsWithTheGivenBias) {
  RandomStream random;
  EqualizedLinear linear(3, 2, /*bias=*/1.5, RefF64(&random));
  const std::vector<NamedTensor> parameters = Parameters(linear);
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "weight.weight");
  EXPECT_EQ(parameters[0].tensor.shape(), Shape({2, 3}));
  EXPECT_EQ(parameters[1].name, "bias");
  testing::ExpectValues(parameters[1].tensor, {1.5, 1.5});
}

TEST(EqualizedLinear, ActivationIsAGainTimesALeakyRelu) {
  RandomStream random;
  const EqualizedLinear linear(3, 4, /*bias=*/0, RefF64(&random));
  const Tensor x = NormalF64({5, 3}, 1);
  testing::ExpectSameValues(linear.Forward(x, {/*slope=*/0.2, /*gain=*/3}), Scale(LeakyRelu(linear.Forward(x), 0.2), 3),
                            1e-14);
}

// It stores weights 1 / m times as large, and computes m times what it would with them.
TEST(EqualizedLinear, ALearningRateMultiplierScalesTheStoredNumbers) {
  constexpr double kMultiplier = 0.01;
  RandomStream random, same;
  EqualizedLinear plain(3, 4, /*bias=*/0, RefF64(&random)), scaled(3, 4, /*bias=*/0, RefF64(&same), kMultiplier);
  testing::ExpectSameValues(Scale(Parameters(scaled)[0].tensor, kMultiplier), Parameters(plain)[0].tensor, 1e-14);
  const Tensor bias = NormalF64({4}, 2), scaled_bias = Scale(bias, 1 / kMultiplier);
  const Tensor weights[2] = {Parameters(plain)[0].tensor, Parameters(scaled)[0].tensor};
  const Tensor of_plain[2] = {weights[0], bias}, of_scaled[2] = {weights[1], scaled_bias};
  testing::ParameterSetter set_plain(of_plain), set_scaled(of_scaled);
  plain.Visit(set_plain);
  scaled.Visit(set_scaled);
  const Tensor x = NormalF64({5, 3}, 1);
  const Activation activation = {/*slope=*/0.2, /*gain=*/3};
  testing::ExpectSameValues(scaled.Forward(x, activation), plain.Forward(x, activation), 1e-13);
}

TEST(EqualizedLinear, DifferentiatesToSecondOrder) {
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<EqualizedLinear>(EqualizedLinear(3, 4, /*bias=*/0, RefF64(&random)),
                                                             {NormalF64({2, 3}, 1)},
                                                             [](const EqualizedLinear& m, const testing::Tensors& in) {
                                                               return m.Forward(in[0], {0.2, 1.5});
                                                             }));
}

TEST(EqualizedLinear, ReturnsTheActivationDtypeAndKeepsItsParameters) {
  RandomStream random;
  InitContext init = testing::RefF64(&random);
  init.precision = {/*parameter=*/DType::kF32, /*activation=*/DType::kBF16, /*compute=*/DType::kBF16};
  EqualizedLinear layer(4, 3, /*bias=*/1, init);
  const Tensor y = layer.Forward(Cast(testing::NormalF64({2, 4}, 1), DType::kBF16), {/*slope=*/0.2, /*gain=*/1});
  EXPECT_EQ(y.dtype(), DType::kBF16);
  for (const NamedTensor& p : Parameters(layer)) {
    EXPECT_EQ(p.tensor.dtype(), DType::kF32);
    EXPECT_EQ(Grad({y}, {p.tensor})[0].dtype(), DType::kF32) << p.name;
  }
}

}  // namespace
}  // namespace sg::nn
