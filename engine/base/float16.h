// Float16: IEEE binary16, the "half" of files of weights. Conversion from float rounds to nearest, ties to even, keeps
// subnormals, and overflows to infinity from 65520 on. A NaN stays a NaN. Conversion to float is exact.
//
//   const float rounded = static_cast<float>(Float16(0.1f));  // 0.0999755859f
#ifndef ENGINE_BASE_FLOAT16_H_
#define ENGINE_BASE_FLOAT16_H_

#include <cstdint>
#include <cstring>

namespace sg {

struct Float16 {
  uint16_t bits = 0;

  Float16() = default;
  explicit Float16(float value) {
    uint32_t u;
    std::memcpy(&u, &value, sizeof u);
    bits = static_cast<uint16_t>(((u >> 16) & 0x8000u) | RoundMagnitude(u & 0x7fffffffu));
  }
  explicit operator float() const {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    const uint32_t exponent = (bits >> 10) & 0x1fu, fraction = bits & 0x3ffu;
    if (exponent == 0) {  // zero or subnormal: a multiple of 2^-24, which a float holds as a normal number
      const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    uint32_t u = sign | ((exponent + 112u) << 23) | (fraction << 13);
    if (exponent == 0x1fu) u = sign | 0x7f800000u | (fraction << 13) | (fraction != 0 ? 0x400000u : 0u);
    float value;
    std::memcpy(&value, &u, sizeof value);
    return value;
  }

 private:
  // The bits of the half nearest to a float that is not negative, given by its bits.
  static uint32_t RoundMagnitude(uint32_t u) {
    if (u > 0x7f800000u) return 0x7e00u | ((u >> 13) & 0x3ffu);  // a NaN, made quiet
    if (u >= 0x477ff000u) return 0x7c00u;                        // 65520, halfway from the largest half to 2^16
    if (u >= 0x38800000u) return (u - 0x38000000u + 0xfffu + ((u >> 13) & 1u)) >> 13;  // 2^-14, the smallest normal
    const uint32_t exponent = u >> 23;
    if (exponent < 102) return 0;  // below half of the smallest subnormal
    const uint32_t shift = 126 - exponent, significand = (u & 0x7fffffu) | 0x800000u;
    const uint32_t floor = significand >> shift;
    return (significand + (1u << (shift - 1)) - 1 + (floor & 1u)) >> shift;
  }
};

}  // namespace sg

#endif  // ENGINE_BASE_FLOAT16_H_
