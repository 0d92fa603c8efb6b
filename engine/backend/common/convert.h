// The value conversion of Fill and Cast, for every backend and any two element types. Floats become integers by
// rounding to nearest, ties to even. Values out of range saturate, and NaN gives 0. Loops over it vectorize: each
// condition is a select, not a branch.
//
//   Convert<uint8_t>(300.5f)  // 255
#ifndef ENGINE_BACKEND_COMMON_CONVERT_H_
#define ENGINE_BACKEND_COMMON_CONVERT_H_

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "engine/base/bfloat16.h"
#include "engine/base/host_device.h"

namespace sg {

template <typename To, typename From>
SG_HD To Convert(From value) {
  if constexpr (std::is_same_v<From, BFloat16>) {
    return Convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return BFloat16(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else {
    // Double holds every i32. A float stays a float, which is faster.
    using Wide = std::conditional_t<std::is_same_v<From, float>, float, double>;
    const Wide rounded = std::nearbyint(static_cast<Wide>(value));
    const Wide number = rounded == rounded ? rounded : Wide(0);
    // Not std::numeric_limits, since nvcc warns of its host functions in device code.
    static_assert(std::is_same_v<To, int32_t> || std::is_same_v<To, uint8_t>);
    constexpr int32_t kLow = std::is_same_v<To, int32_t> ? INT32_MIN : 0;
    constexpr int32_t kHigh = std::is_same_v<To, int32_t> ? INT32_MAX : UINT8_MAX;
    // Compared with max + 1, since float holds 2^31 but not 2^31 - 1.
    constexpr Wide kEnd = static_cast<Wide>(int64_t{kHigh} + 1);
    return static_cast<To>(number < kLow ? kLow : (number >= kEnd ? kHigh : static_cast<int32_t>(number)));
  }
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_CONVERT_H_
