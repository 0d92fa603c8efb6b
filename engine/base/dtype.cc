#include "engine/base/dtype.h"

#include "engine/base/check.h"

namespace sg {

int64_t SizeOf(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 4;
    case DType::kF64: return 8;
    case DType::kBF16: return 2;
    case DType::kI32: return 4;
    case DType::kU8: return 1;
  }
  SG_CHECK(false) << "[DType] no such type: " << static_cast<int>(dtype);
  return 0;
}

const char* Name(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "f32";
    case DType::kF64: return "f64";
    case DType::kBF16: return "bf16";
    case DType::kI32: return "i32";
    case DType::kU8: return "u8";
  }
  return "?";
}

bool IsFloating(DType dtype) { return dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kBF16; }

std::ostream& operator<<(std::ostream& os, DType dtype) { return os << Name(dtype); }

}  // namespace sg
