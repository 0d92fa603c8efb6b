// Loads and stores f32 and bf16 elements as floats. A loop written with ToFloat and FromFloat computes in f32.
#ifndef ENGINE_BACKEND_CPU_LOOPS_LOAD_STORE_H_
#define ENGINE_BACKEND_CPU_LOOPS_LOAD_STORE_H_

#include "engine/backend/common/dispatch.h"
#include "engine/base/bfloat16.h"
#include "engine/base/dtype.h"

namespace sg::cpu {

inline float ToFloat(float value) { return value; }
inline float ToFloat(BFloat16 value) { return static_cast<float>(value); }

template <typename T>
T FromFloat(float value) {
  return T(value);
}

// Calls f with a zero of the C++ type of `dtype`, which must be f32 or bf16. Aborts for other dtypes, naming `kernel`.
template <typename F>
void DispatchFloat(const char* kernel, DType dtype, const F& f) {
  Dispatch<float, BFloat16>(kernel, dtype, f);
}

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_LOOPS_LOAD_STORE_H_
