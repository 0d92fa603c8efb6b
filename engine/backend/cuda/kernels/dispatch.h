// From the arguments of a kernel to the instantiation that runs it. Included by .cu files only.
#ifndef ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_
#define ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "engine/backend/tensor_view.h"
#include "engine/base/check.h"

namespace sg::cuda {

// Calls f(T()) with the device's type of a floating dtype.
template <typename F>
void DispatchFloat(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32: return f(float());
    case DType::kBF16: return f(__nv_bfloat16());
    default: break;
  }
  SG_CHECK(false) << "[" << op << "] no CUDA kernel for " << dtype;
}

// Whether 16-byte accesses may start at all of the addresses. Null is.
template <typename... Pointers>
bool IsAligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_DISPATCH_H_
