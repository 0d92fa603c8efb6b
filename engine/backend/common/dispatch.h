// Selects the C++ type of a kernel from a dtype.
//
//   Dispatch<float, BFloat16>("Unary", x.dtype, [&](auto zero) { UnaryAs<decltype(zero)>(args); });
#ifndef ENGINE_BACKEND_COMMON_DISPATCH_H_
#define ENGINE_BACKEND_COMMON_DISPATCH_H_

#include "engine/base/check.h"
#include "engine/base/dtype_of.h"

namespace sg {

// Calls f(T()) with the type among Types that has this dtype. Aborts, naming `kernel`, if there is none.
template <typename... Types, typename F>
void Dispatch(const char* kernel, DType dtype, F&& f) {
  const bool found = ((dtype == DTypeOf<Types>() ? (f(Types()), true) : false) || ...);
  SG_CHECK(found) << "[" << kernel << "] no kernel for " << dtype;
}

// The same for every dtype.
template <typename F>
void DispatchAny(const char* kernel, DType dtype, F&& f) {
  Dispatch<float, double, BFloat16, int32_t, uint8_t>(kernel, dtype, f);
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_DISPATCH_H_
