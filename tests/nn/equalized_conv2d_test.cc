#include "nn/equalized_conv2d.h"

#include <vector>

#include "engine/ops/elementwise.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::NormalF64;
using testing::RefF64;

class EqualizedConv2dParity : public ::testing::TestWithParam<Device> {
 protected:
  void Check(const char* name, int64_t kernel, int64_t padding) {
    testing::GoldenCase golden(name, GetParam());
    EqualizedConv2d conv(5, 6, kernel, padding, /*bias=*/1, golden.init());
    golden.Fill(Parameters(conv));
    golden.ExpectMatches(conv.Forward(golden.Input("x")));
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, EqualizedConv2dParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(EqualizedConv2dParity, OfOnePixelIsPyTorchs) { Check("equalized_conv2d_1x1", 1, 0); }
TEST_P(EqualizedConv2dParity, PaddedIsPyTorchs) { Check("equalized_conv2d_3x3_pad1", 3, 1); }
TEST_P(EqualizedConv2dParity, WithoutPaddingIsPyTorchs) { Check("equalized_conv2d_3x3_pad0", 3, 0); }

TEST(EqualizedConv2d, NamesItsParametersAndStartsWithTheGivenBias) {
  RandomStream random;
  EqualizedConv2d conv(3, 2, /*kernel=*/5, /*padding=*/2, /*bias=*/1, RefF64(&random));
  const std::vector<NamedTensor> parameters = Parameters(conv);
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "weight.weight");
  EXPECT_EQ(parameters[0].tensor.shape(), Shape({2, 5, 5, 3}));
  EXPECT_EQ(parameters[1].name, "bias");
  testing::ExpectValues(parameters[1].tensor, {1, 1});
}

TEST(EqualizedConv2d, ActivationIsAGainTimesALeakyRelu) {
  RandomStream random;
  const EqualizedConv2d conv(3, 2, /*kernel=*/3, /*padding=*/1, /*bias=*/0, RefF64(&random));
  const Tensor x = NormalF64({1, 4, 5, 3}, 1);
  testing::ExpectSameValues(conv.Forward(x, {/*slope=*/0.2, /*gain=*/3}), Scale(LeakyRelu(conv.Forward(x), 0.2), 3),
                            1e-14);
}

TEST(EqualizedConv2d, DifferentiatesToSecondOrder) {
  RandomStream random;
  EXPECT_TRUE(testing::CheckModuleGradients<EqualizedConv2d>(
      EqualizedConv2d(2, 3, /*kernel=*/3, /*padding=*/1, /*bias=*/0, RefF64(&random)), {NormalF64({2, 3, 4, 2}, 1)},
      [](const EqualizedConv2d& m, const testing::Tensors& in) {
        return m.Forward(in[0], {0.2, 1.5});
      }));
}

}  // namespace
}  // namespace sg::nn
