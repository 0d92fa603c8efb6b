#include "engine/ops/weight_energy.h"

#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::ExpectSameValues;
using testing::ExpectValues;
using testing::F32;
using ::testing::HasSubstr;
using testing::NormalF64;

class WeightEnergyValues : public ::testing::TestWithParam<Device> {};

INSTANTIATE_TEST_SUITE_P(Devices, WeightEnergyValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(WeightEnergyValues, IsTheSumOfSquaresOfAllTaps) {
  const Tensor w = F32({2, 1, 2, 3}, {1, 2, 3, 4, 5, 6, -1, -2, -3, 0, 0, 1}, GetParam());
  const Tensor energy = WeightEnergy(w);
  EXPECT_EQ(energy.shape(), Shape({2, 3}));
  ExpectValues(energy, {17, 29, 45, 1, 4, 10});
}

// Bit for bit equal to the composition that the operation replaces.
TEST_P(WeightEnergyValues, IsThatOfItsComposition) {
  const Tensor w = Cast(NormalF64({8, 3, 3, 16}, 1), DType::kF32).To(GetParam()).Track();
  const Tensor composed = Reshape(MulSumTo(w, w, {8, 1, 1, 16}), {8, 16}), energy = WeightEnergy(w);
  ExpectSameValues(energy, composed);
  ExpectSameValues(Grad({energy}, {w})[0], Grad({composed}, {w})[0]);
}

TEST_P(WeightEnergyValues, FollowsWritesInPlace) {
  const Tensor w = F32({1, 1, 1, 2}, {1, 2}, GetParam());
  ExpectValues(WeightEnergy(w), {1, 4});
  ExpectValues(WeightEnergy(w), {1, 4});
  Lerp({w}, {F32({1, 1, 1, 2}, {3, 4}, GetParam())}, 1);
  ExpectValues(WeightEnergy(w), {9, 16});
}

TEST(WeightEnergy, DifferentiatesToThirdOrder) {
  testing::GradCheckOptions options;
  options.order = 3;
  EXPECT_TRUE(testing::CheckGradients([](const std::vector<Tensor>& x) { return WeightEnergy(x[0]); },
                                      {NormalF64({2, 3, 3, 4}, 1)}, options));
}

TEST(WeightEnergyDeathTest, NamesTheOperand) {
  EXPECT_DEATH(WeightEnergy(NormalF64({2, 3}, 1)),
               HasSubstr("[WeightEnergy] needs a floating weight [A,kH,kW,B], got f64[2,3]"));
}

}  // namespace
}  // namespace sg
