#include "nn/init.h"

#include <vector>

#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

InitContext Context(Device device, DType dtype, RandomStream* random) {
  InitContext init;
  init.device = device;
  init.precision.parameter = dtype;
  init.random = random;
  return init;
}

TEST(Init, NormalParameterIsATrackedLeafOfStandardNormalNumbers) {
  RandomStream random = {7, 3};
  const Tensor p = NormalParameter({100, 100}, Context(Device::Cpu(), DType::kF32, &random));
  EXPECT_TRUE(p.tracked());
  EXPECT_EQ(p.shape(), Shape({100, 100}));
  EXPECT_EQ(p.device(), Device::Cpu());
  double sum = 0, squares = 0;
  for (double v : testing::Values(p)) {
    sum += v;
    squares += v * v;
  }
  // Four standard errors of the mean and of the variance.
  EXPECT_NEAR(sum / 1e4, 0, 0.04);
  EXPECT_NEAR(squares / 1e4, 1, 0.06);
}

TEST(Init, NormalParameterAdvancesTheStream) {
  RandomStream random = {7, 3}, same = {7, 3};
  const InitContext init = Context(Device::Ref(), DType::kF64, &random);
  const Tensor first = NormalParameter({5}, init), second = NormalParameter({5}, init);
  EXPECT_NE(testing::Values(first), testing::Values(second));
  testing::ExpectSameValues(first, RandomNormal({5}, DType::kF64, Device::Ref(), &same));
  testing::ExpectSameValues(second, RandomNormal({5}, DType::kF64, Device::Ref(), &same));
}

TEST(Init, NormalParameterHasTheGivenDeviation) {
  RandomStream random = {7, 3}, same = {7, 3};
  const Tensor p = NormalParameter({5}, Context(Device::Ref(), DType::kF64, &random), /*deviation=*/100);
  EXPECT_TRUE(p.tracked());
  const std::vector<double> got = testing::Values(p);
  const std::vector<double> standard = testing::Values(RandomNormal({5}, DType::kF64, Device::Ref(), &same));
  for (size_t i = 0; i < got.size(); ++i) EXPECT_DOUBLE_EQ(got[i], 100 * standard[i]);
}

TEST(Init, NormalParameterIsTheSameOnEveryDevice) {
  RandomStream random = {7, 3};
  const Tensor want = NormalParameter({50}, Context(Device::Ref(), DType::kF32, &random));
  for (const Device device : AvailableDevices()) {
    RandomStream again = {7, 3};
    testing::ExpectSameValues(NormalParameter({50}, Context(device, DType::kF32, &again)), want, 1e-5);
  }
}

TEST(Init, ConstantParameterIsATrackedLeafAndDrawsNothing) {
  const Tensor p = ConstantParameter({3}, 1.5, Context(Device::Ref(), DType::kF64, nullptr));
  EXPECT_TRUE(p.tracked());
  EXPECT_EQ(p.dtype(), DType::kF64);
  testing::ExpectValues(p, {1.5, 1.5, 1.5});
}

TEST(Init, WithoutAStreamNothingIsDrawn) {
  const Tensor p = NormalParameter({2, 3}, Context(Device::Ref(), DType::kF64, nullptr));
  EXPECT_TRUE(p.tracked());
  EXPECT_EQ(p.shape(), Shape({2, 3}));
}

}  // namespace
}  // namespace sg::nn
