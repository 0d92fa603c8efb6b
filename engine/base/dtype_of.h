// The dtype of a C++ type: DTypeOf<float>() is DType::kF32.
#ifndef ENGINE_BASE_DTYPE_OF_H_
#define ENGINE_BASE_DTYPE_OF_H_

#include <cstdint>

#include "engine/base/bfloat16.h"
#include "engine/base/dtype.h"

namespace sg {

template <typename T>
constexpr DType DTypeOf();
template <>
constexpr DType DTypeOf<float>() {
  return DType::kF32;
}
template <>
constexpr DType DTypeOf<double>() {
  return DType::kF64;
}
template <>
constexpr DType DTypeOf<BFloat16>() {
  return DType::kBF16;
}
template <>
constexpr DType DTypeOf<int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType DTypeOf<uint8_t>() {
  return DType::kU8;
}

}  // namespace sg

#endif  // ENGINE_BASE_DTYPE_OF_H_
