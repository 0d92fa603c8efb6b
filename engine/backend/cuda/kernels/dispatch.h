// Selects the instantiation of a kernel from its arguments. Included by .cu files only.
//
//   DispatchFloat("Lerp", dtype, [&](auto type) { LaunchLerp<decltype(type)>(args); });
#ifndef ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_
#define ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "engine/backend/tensor_view.h"
#include "engine/base/check.h"

namespace sg::cuda {

// Calls f(T()) with the device type of a floating dtype. Aborts for other dtypes.
template <typename F>
void DispatchFloat(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32: return f(float());
    case DType::kBF16: return f(__nv_bfloat16());
    default: break;
  }
  SG_CHECK(false) << "[" << op << "] no CUDA kernel for " << dtype;
}

// Whether all addresses are aligned to 16 bytes. Null is.
template <typename... Pointers>
bool IsAligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_
