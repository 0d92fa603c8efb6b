// From the arguments of a kernel to the instantiation and the grid that run it. Included by .cu files only.
#ifndef ENGINE_BACKEND_CUDA_DISPATCH_H_
#define ENGINE_BACKEND_CUDA_DISPATCH_H_

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "engine/backend/cuda/context.h"
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

template <typename F>
void DispatchAny(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::kI32: return f(int32_t());
    case DType::kU8: return f(uint8_t());
    default: return DispatchFloat(op, dtype, f);
  }
}

// Whether 16-byte accesses may start at all of the addresses. Null is.
template <typename... Pointers>
bool IsAligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

// Blocks for a loop over `items` that strides by the whole grid: enough to fill the GPU a few times over, so that the
// last blocks do not leave it half empty, and no more.
inline dim3 BlocksFor(const Context& context, int64_t items, int threads) {
  constexpr int64_t kBlocksPerMultiprocessor = 32;
  const int64_t most = kBlocksPerMultiprocessor * context.multiprocessors();
  return dim3(static_cast<unsigned>(std::min((items + threads - 1) / threads, most)));
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_DISPATCH_H_
