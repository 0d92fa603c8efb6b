#include "engine/backend/common/convert.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "engine/base/bfloat16.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min(), kMax = std::numeric_limits<int32_t>::max();

template <typename From>
class ConvertFloatTest : public ::testing::Test {};
using Floats = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ConvertFloatTest, Floats);

TYPED_TEST(ConvertFloatTest, RoundsToNearestEven) {
  for (const auto& [value, rounded] :
       {std::pair<double, int32_t>(0.5, 0), {1.5, 2}, {2.5, 2}, {2.75, 3}, {254.5, 254}}) {
    const TypeParam number = static_cast<TypeParam>(value);
    EXPECT_EQ(Convert<int32_t>(number), rounded);
    EXPECT_EQ(Convert<int32_t>(-number), -rounded);
    EXPECT_EQ(Convert<uint8_t>(number), rounded);
  }
}

TYPED_TEST(ConvertFloatTest, SaturatesAndMapsNanToZero) {
  const TypeParam two_to_31 = static_cast<TypeParam>(2147483648.0), infinity = INFINITY;
  EXPECT_EQ(Convert<int32_t>(two_to_31), kMax);
  EXPECT_EQ(Convert<int32_t>(infinity), kMax);
  EXPECT_EQ(Convert<int32_t>(-two_to_31), kMin);
  EXPECT_EQ(Convert<int32_t>(-2 * two_to_31), kMin);
  EXPECT_EQ(Convert<int32_t>(static_cast<TypeParam>(NAN)), 0);
  EXPECT_EQ(Convert<uint8_t>(TypeParam(255.5)), 255);
  EXPECT_EQ(Convert<uint8_t>(TypeParam(256)), 255);
  EXPECT_EQ(Convert<uint8_t>(infinity), 255);
  EXPECT_EQ(Convert<uint8_t>(TypeParam(-1)), 0);
  EXPECT_EQ(Convert<uint8_t>(static_cast<TypeParam>(NAN)), 0);
}

TEST(ConvertTest, LargestIntegersAreExact) {
  EXPECT_EQ(Convert<int32_t>(2147483520.0f), 2147483520);  // the largest float below 2^31
  EXPECT_EQ(Convert<int32_t>(2147483646.0), kMax - 1);
  EXPECT_EQ(Convert<int32_t>(2147483647.5), kMax);
  EXPECT_EQ(Convert<int32_t>(-2147483648.5), kMin);
  EXPECT_EQ(Convert<double>(kMax), 2147483647.0);
}

TEST(ConvertTest, IntegersSaturate) {
  EXPECT_EQ(Convert<uint8_t>(int32_t{300}), 255);
  EXPECT_EQ(Convert<uint8_t>(int32_t{-3}), 0);
  EXPECT_EQ(Convert<uint8_t>(int32_t{77}), 77);
  EXPECT_EQ(Convert<int32_t>(uint8_t{200}), 200);
}

TEST(ConvertTest, Bf16GoesThroughFloat) {
  EXPECT_EQ(Convert<uint8_t>(BFloat16(2.5f)), 2);
  EXPECT_EQ(static_cast<float>(Convert<BFloat16>(1.001)), 1.0f);
  EXPECT_EQ(Convert<float>(Convert<BFloat16>(int32_t{3})), 3.0f);
}

}  // namespace
}  // namespace sg
