#include "engine/base/bfloat16.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"

namespace sg {
namespace {

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t Rounded(uint32_t f32_bits) { return BFloat16(FromBits(f32_bits)).bits; }

TEST(BFloat16, ExactValuesSurvive) {
  for (float v : {0.0f, 1.0f, -1.5f, 0.0078125f, 3.0e38f}) {
    const float once = static_cast<float>(BFloat16(v));
    EXPECT_EQ(static_cast<float>(BFloat16(once)), once);
  }
  EXPECT_EQ(static_cast<float>(BFloat16(-1.5f)), -1.5f);
  EXPECT_EQ(BFloat16(1.0f).bits, 0x3f80);
  EXPECT_EQ(BFloat16(-0.0f).bits, 0x8000);
}

TEST(BFloat16, RoundsToNearest) {
  EXPECT_EQ(Rounded(0x3f807fff), 0x3f80u);
  EXPECT_EQ(Rounded(0x3f808001), 0x3f81u);
}

TEST(BFloat16, TiesGoToEven) {
  EXPECT_EQ(Rounded(0x3f808000), 0x3f80u);
  EXPECT_EQ(Rounded(0x3f818000), 0x3f82u);
  EXPECT_EQ(Rounded(0xbf818000), 0xbf82u);
}

TEST(BFloat16, EveryPatternButNaNRoundTrips) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    BFloat16 x;
    x.bits = static_cast<uint16_t>(bits);
    const float value = static_cast<float>(x);
    if (std::isnan(value)) continue;
    ASSERT_EQ(BFloat16(value).bits, bits);
  }
}

TEST(BFloat16, OverflowAndInfinity) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(static_cast<float>(BFloat16(kInf)), kInf);
  EXPECT_EQ(static_cast<float>(BFloat16(-std::numeric_limits<float>::max())), -kInf);
}

TEST(BFloat16, NaNStaysNaN) {
  // A payload in the lower half only would become infinity if it were cut off.
  for (uint32_t bits : {0x7f800001u, 0x7fffffffu, 0x7fc00000u, 0xff800001u, 0xffffffffu}) {
    EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(FromBits(bits))))) << std::hex << bits;
  }
}

}  // namespace
}  // namespace sg
