#include "engine/base/float16.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"

namespace sg {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Float16 Half(uint32_t bits) {
  Float16 half;
  half.bits = static_cast<uint16_t>(bits);
  return half;
}

// The value that IEEE 754 gives the bits of a half.
float ValueOf(uint32_t bits) {
  const int exponent = static_cast<int>((bits >> 10) & 0x1f);
  const float fraction = static_cast<float>(bits & 0x3ff);
  float magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) magnitude = fraction == 0 ? kInf : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Float16, EveryPatternHasItsValueAndRoundTrips) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const float value = static_cast<float>(Half(bits)), expected = ValueOf(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_EQ(std::signbit(value), bits >= 0x8000) << bits;
      ASSERT_TRUE(std::isnan(static_cast<float>(Float16(value)))) << bits;
      continue;
    }
    ASSERT_EQ(std::memcmp(&value, &expected, sizeof value), 0) << bits << ": " << value << ", not " << expected;
    ASSERT_EQ(Float16(value).bits, bits);
  }
}

// Between every two neighbors, subnormal ones included, and between the largest half and 2^16, which is infinity.
TEST(Float16, RoundsToNearestAndTiesToEven) {
  for (uint32_t below = 0; below < 0x7c00; ++below) {
    const uint32_t above = below + 1, even = below % 2 == 0 ? below : above;
    const float upper = above == 0x7c00 ? 65536.0f : ValueOf(above);
    const float middle = (ValueOf(below) + upper) / 2;  // exact
    ASSERT_EQ(Float16(middle).bits, even) << middle;
    ASSERT_EQ(Float16(std::nextafter(middle, 0.0f)).bits, below) << middle;
    ASSERT_EQ(Float16(std::nextafter(middle, kInf)).bits, above) << middle;
    ASSERT_EQ(Float16(-middle).bits, even | 0x8000) << middle;
  }
}

TEST(Float16, TheEndsOfTheRange) {
  EXPECT_EQ(Float16(kInf).bits, 0x7c00);
  EXPECT_EQ(Float16(-std::numeric_limits<float>::max()).bits, 0xfc00);
  EXPECT_EQ(Float16(std::numeric_limits<float>::denorm_min()).bits, 0);
  EXPECT_EQ(Float16(-std::numeric_limits<float>::min()).bits, 0x8000);
}

TEST(Float16, NaNStaysNaN) {
  // A payload in the lower bits only would become infinity if it were cut off.
  for (uint32_t bits : {0x7f800001u, 0x7fffffffu, 0x7fc00000u, 0xff800001u, 0xffffffffu}) {
    const float value = static_cast<float>(Float16(FromBits(bits)));
    EXPECT_TRUE(std::isnan(value)) << std::hex << bits;
    EXPECT_EQ(std::signbit(value), bits >= 0x80000000u) << std::hex << bits;
  }
}

#ifdef __FLT16_MANT_DIG__
TEST(Float16, AgreesWithTheCompiler) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    _Float16 theirs;
    std::memcpy(&theirs, &half, sizeof theirs);
    const float value = static_cast<float>(theirs), ours = static_cast<float>(Half(bits));
    ASSERT_EQ(std::memcmp(&value, &ours, sizeof value), 0) << bits;
  }
  // Every 997th float: all exponents, signs and positions of the rounding bit.
  for (uint64_t bits = 0; bits <= 0xffffffffu; bits += 997) {
    const float value = FromBits(static_cast<uint32_t>(bits));
    const _Float16 half = static_cast<_Float16>(value);
    uint16_t theirs;
    std::memcpy(&theirs, &half, sizeof theirs);
    ASSERT_EQ(Float16(value).bits, theirs) << value;
  }
}
#endif

}  // namespace
}  // namespace sg
