// The value conversion of Fill and Cast, between any two element types: floats to integers round to the nearest even
// number and saturate, and a NaN gives 0. Written without branches, so that loops over it vectorize.
//
//   Convert<uint8_t>(300.5f)  // 255
#ifndef ENGINE_BACKEND_COMMON_CONVERT_H_
#define ENGINE_BACKEND_COMMON_CONVERT_H_

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "engine/base/bfloat16.h"

namespace sg {

template <typename To, typename From>
To Convert(From value) {
  if constexpr (std::is_same_v<From, BFloat16>) {
    return Convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return BFloat16(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else {
    // Double holds every i32; float, which is faster, every u8.
    using Wide = std::conditional_t<std::is_same_v<From, float> && std::is_same_v<To, uint8_t>, float, double>;
    const Wide rounded = std::nearbyint(static_cast<Wide>(value));
    constexpr Wide kLow = std::numeric_limits<To>::min(), kHigh = std::numeric_limits<To>::max();
    const Wide number = rounded == rounded ? rounded : Wide(0);
    return static_cast<To>(static_cast<int32_t>(number < kLow ? kLow : (number > kHigh ? kHigh : number)));
  }
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_CONVERT_H_
