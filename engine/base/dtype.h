// Element types of tensors.
#ifndef ENGINE_BASE_DTYPE_H_
#define ENGINE_BASE_DTYPE_H_

#include <cstdint>
#include <ostream>

namespace sg {

// kF64 exists only on the reference backend, the oracle for tests of the other backends. kBF16 is a storage format and
// the operand type of convolutions and matrix products, which accumulate and return kF32 (dtype_rules.h).
enum class DType : uint8_t { kF32, kF64, kBF16, kI32, kU8 };

int64_t SizeOf(DType dtype);    // bytes of one element
const char* Name(DType dtype);  // "f32", "f64", "bf16", "i32", "u8"
bool IsFloating(DType dtype);
std::ostream& operator<<(std::ostream& os, DType dtype);

}  // namespace sg

#endif  // ENGINE_BASE_DTYPE_H_
