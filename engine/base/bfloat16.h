// bfloat16: the upper half of an IEEE float. Conversion from float rounds to nearest, ties to even. A NaN stays a NaN.
//
//   const float rounded = static_cast<float>(BFloat16(1.001f));  // 1.0f
#ifndef ENGINE_BASE_BFLOAT16_H_
#define ENGINE_BASE_BFLOAT16_H_

#include <cstdint>
#include <cstring>

namespace sg {

struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float value) {
    uint32_t u;
    std::memcpy(&u, &value, sizeof u);
    const bool is_nan = (u & 0x7fffffffu) > 0x7f800000u;
    bits = is_nan ? static_cast<uint16_t>((u >> 16) | 0x40u)
                  : static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const {
    const uint32_t u = static_cast<uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &u, sizeof value);
    return value;
  }
};

}  // namespace sg

#endif  // ENGINE_BASE_BFLOAT16_H_
