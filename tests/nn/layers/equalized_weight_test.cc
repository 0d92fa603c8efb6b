#include "nn/layers/equalized_weight.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor_access.h"
#include "gtest/gtest.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using sg::internal::TensorAccess;
using testing::NormalF64;
using testing::RefF64;

TEST(EqualizedWeight, GainIsTheInverseRootOfTheFanIn) {
  RandomStream random;
  EXPECT_DOUBLE_EQ(EqualizedWeight({7, 16}, RefF64(&random)).gain(), 0.25);
  EXPECT_DOUBLE_EQ(EqualizedWeight({7, 3, 3, 4}, RefF64(&random)).gain(), 1 / 6.0);
}

TEST(EqualizedWeight, HasOneNormalParameter) {
  RandomStream random, same;
  EqualizedWeight weight({2, 3, 3, 4}, RefF64(&random));
  const std::vector<NamedTensor> parameters = Parameters(weight);
  ASSERT_EQ(parameters.size(), 1u);
  EXPECT_EQ(parameters[0].name, "weight");
  EXPECT_EQ(TensorAccess::StorageOf(parameters[0].tensor), TensorAccess::StorageOf(weight.raw()));
  testing::ExpectSameValues(weight.raw(), RandomNormal({2, 3, 3, 4}, DType::kF64, Device::Ref(), &same));
}

TEST(EqualizedWeight, RawConv2dAppliesNoGain) {
  RandomStream random;
  const EqualizedWeight weight({2, 3, 3, 4}, RefF64(&random));
  const Tensor x = NormalF64({1, 4, 5, 4}, 1);
  testing::ExpectSameValues(weight.RawConv2d(x, ConvGeometry::Padded(1)),
                            Conv2d(x, weight.raw(), ConvGeometry::Padded(1)));
}

TEST(EqualizedWeight, FanInCanBeGiven) {
  RandomStream random, same;
  const EqualizedWeight weight({4, 3, 3, 2}, /*fan_in=*/36, RefF64(&random));
  EXPECT_DOUBLE_EQ(weight.gain(), 1 / 6.0);
  testing::ExpectSameValues(weight.raw(), RandomNormal({4, 3, 3, 2}, DType::kF64, Device::Ref(), &same));
}

// The definition: every pixel adds its multiple of the weight, two pixels after that of the previous one.
TEST(EqualizedWeight, RawTransposedConv2dSpreadsTheWeight) {
  RandomStream random;
  const EqualizedWeight weight({2, 3, 3, 1}, /*fan_in=*/18, RefF64(&random));
  const std::vector<double> w = testing::Values(weight.raw());
  const Tensor x = NormalF64({1, 2, 3, 2}, 1);
  const std::vector<double> pixels = testing::Values(x);
  std::vector<double> want(5 * 7, 0.0);
  for (int h = 0; h < 2; ++h) {
    for (int column = 0; column < 3; ++column) {
      for (int c = 0; c < 2; ++c) {
        for (int k = 0; k < 9; ++k) {
          want[(2 * h + k / 3) * 7 + 2 * column + k % 3] += pixels[(h * 3 + column) * 2 + c] * w[c * 9 + k];
        }
      }
    }
  }
  testing::ExpectValues(weight.RawTransposedConv2d(x, {2, 2, 0, 0, 1}, {1, 5, 7, 1}), want, 1e-14);
}

TEST(EqualizedWeight, RoundsTheOperandsOfConvolutionsToBf16) {
  for (const Device device : AvailableDevices()) {
    RandomStream random;
    InitContext init;
    init.device = device;
    init.precision.compute = DType::kBF16;
    init.random = &random;
    const EqualizedWeight weight({2, 3, 3, 4}, init);
    RandomStream noise = {1, 1};
    const Tensor x = RandomNormal({1, 4, 5, 4}, DType::kF32, device, &noise).Track();
    const auto rounded = [](const Tensor& t) { return Cast(Cast(t, DType::kBF16), DType::kF32); };
    const Tensor y = weight.RawConv2d(x, ConvGeometry::Padded(1));
    EXPECT_EQ(y.dtype(), DType::kF32);
    EXPECT_EQ(weight.raw().dtype(), DType::kF32);
    testing::ExpectSameValues(y, Conv2d(rounded(x), rounded(weight.raw()), ConvGeometry::Padded(1)), 1e-3);
    // The stored f32 weight receives its gradient in f32.
    EXPECT_EQ(Grad({y}, {weight.raw()})[0].dtype(), DType::kF32);

    const Tensor dy = RandomNormal({1, 4, 5, 2}, DType::kF32, device, &noise).Track();
    const Tensor spread = weight.RawTransposedConv2d(dy, {2, 2, 0, 0, 1}, {1, 9, 11, 4});
    EXPECT_EQ(spread.dtype(), DType::kF32);
    testing::ExpectSameValues(
        spread, Conv2dInputGrad(rounded(dy), rounded(weight.raw()), {2, 2, 0, 0, 1}, {1, 9, 11, 4}), 1e-3);
    EXPECT_EQ(Grad({spread}, {weight.raw()})[0].dtype(), DType::kF32);
  }
}

}  // namespace
}  // namespace sg::nn
