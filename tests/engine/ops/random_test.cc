#include "engine/ops/random.h"

#include <cmath>
#include <vector>

#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using testing::ExpectSameValues;
using testing::ExpectValues;
using ::testing::HasSubstr;
using testing::Values;

class RandomValues : public ::testing::TestWithParam<Device> {
 protected:
  Tensor Uniform(const Shape& shape, RandomStream stream) const {
    return RandomUniform(shape, DType::kF32, GetParam(), &stream);
  }
  Tensor Normal(const Shape& shape, RandomStream stream) const {
    return RandomNormal(shape, DType::kF32, GetParam(), &stream);
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, RandomValues, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

// Philox4x32-10 of counter 0 and key 0 is 6627e8d5 e169c58d bc57ac4c 9b00dbd8 (kat_vectors of Random123).
TEST_P(RandomValues, UniformsAreTheKnownAnswerOfPhilox) {
  ExpectValues(
      Uniform({4}, {}),
      {0x6627e8d5 / 4294967296.0, 0xe169c58d / 4294967296.0, 0xbc57ac4c / 4294967296.0, 0x9b00dbd8 / 4294967296.0},
      1e-7);
}

TEST_P(RandomValues, NormalsAreBoxMullerOfThoseBits) {
  const double u = 0x6627e8d5 / 4294967296.0, angle = 0xe169c58d / 4294967296.0 * 6.283185307179586;
  const double radius = std::sqrt(-2 * std::log(u));
  ExpectValues(Normal({2}, {}), {radius * std::sin(angle), radius * std::cos(angle)}, 1e-6);
}

TEST_P(RandomValues, AreThoseOfTheReference) {
  const RandomStream stream = {12345678901234567, 7, 1000};
  RandomStream reference = stream;
  ExpectSameValues(Uniform({3, 5}, stream), RandomUniform({3, 5}, DType::kF32, Device::Ref(), &reference));
  reference = stream;
  // Logarithm and sine may differ in their last bits.
  ExpectSameValues(Normal({1001}, stream), RandomNormal({1001}, DType::kF32, Device::Ref(), &reference), 2e-6);
}

TEST_P(RandomValues, TheStreamGoesOnWhereItStopped) {
  RandomStream stream = {1, 2};
  const Tensor first = RandomUniform({8}, DType::kF32, GetParam(), &stream);
  EXPECT_EQ(stream.offset, 2u);
  const Tensor second = RandomUniform({5}, DType::kF32, GetParam(), &stream);
  EXPECT_EQ(stream.offset, 4u);  // 5 numbers take two blocks of 4
  EXPECT_EQ(stream.seed, 1u);
  EXPECT_EQ(stream.stream, 2u);
  ExpectSameValues(Concat({first, second}, 0), Uniform({13}, {1, 2}));
}

TEST_P(RandomValues, DifferInSeedStreamAndOffset) {
  const std::vector<double> base = Values(Uniform({4}, {1, 2, 3}));
  EXPECT_EQ(Values(Uniform({4}, {1, 2, 3})), base);
  EXPECT_NE(Values(Uniform({4}, {2, 2, 3})), base);
  EXPECT_NE(Values(Uniform({4}, {1, 3, 3})), base);
  EXPECT_NE(Values(Uniform({4}, {1, 2, 4})), base);
  EXPECT_NE(Values(Uniform({4}, {1ull << 32, 2, 3})), Values(Uniform({4}, {0, 2, 3})));
  EXPECT_NE(Values(Uniform({4}, {1, 1ull << 32, 3})), Values(Uniform({4}, {1, 0, 3})));
}

TEST_P(RandomValues, HaveTheMomentsOfTheirDistribution) {
  constexpr int kCount = 1 << 14;  // a standard error of 1/128
  const Tensor normal = Normal({kCount}, {3}), uniform = Uniform({kCount}, {4});
  EXPECT_NEAR(Mean(normal).Item(), 0, 5.0 / 128);
  EXPECT_NEAR(Variance(normal, {0}, 0).Item(), 1, 5 * std::sqrt(2.0) / 128);
  EXPECT_NEAR(Mean(uniform).Item(), 0.5, 5 * 0.29 / 128);
  EXPECT_NEAR(Variance(uniform, {0}, 0).Item(), 1.0 / 12, 5 * 0.075 / 128);
  for (const double u : Values(uniform)) {
    ASSERT_GT(u, 0);
    ASSERT_LE(u, 1);
  }
}

TEST(Random, F64HoldsTheSameNumbers) {
  RandomStream a = {9, 1}, b = {9, 1};
  const Tensor wide = RandomNormal({10}, DType::kF64, Device::Ref(), &a);
  EXPECT_EQ(wide.dtype(), DType::kF64);
  ExpectSameValues(wide, RandomNormal({10}, DType::kF32, Device::Ref(), &b));
  EXPECT_EQ(a.offset, 3u);
}

TEST(Random, AScalarTakesABlockOfItsOwn) {
  RandomStream stream = {5, 6, 7}, same = stream;
  const double first = RandomUniformScalar(&stream);
  EXPECT_EQ(stream.offset, 8u);
  EXPECT_EQ(first, Values(RandomUniform({1}, DType::kF32, Device::Ref(), &same))[0]);
  EXPECT_NE(RandomUniformScalar(&stream), first);
}

TEST(Random, IsNotRecorded) {
  RandomStream stream;
  EXPECT_FALSE(RandomNormal({2}, DType::kF32, Device::Ref(), &stream).tracked());
}

TEST(RandomDeathTest, NamesTheType) {
  RandomStream stream;
  EXPECT_DEATH(RandomNormal({2}, DType::kBF16, Device::Ref(), &stream),
               HasSubstr("[Random] needs f32 or f64, got bf16"));
}

}  // namespace
}  // namespace sg
