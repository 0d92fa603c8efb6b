// Checks of arguments that several kernels share.
#ifndef ENGINE_BACKEND_CUDA_CHECK_ARGS_H_
#define ENGINE_BACKEND_CUDA_CHECK_ARGS_H_

#include "engine/backend/tensor_view.h"
#include "engine/base/check.h"

namespace sg::cuda {

inline void CheckTensor(const char* op, const char* name, const TensorView& t, DType dtype, const Shape& shape) {
  SG_CHECK(t.dtype == dtype && t.shape == shape)
      << "[" << op << "] " << name << " must be " << dtype << shape << ", got " << t.dtype << t.shape;
}

inline void CheckComputeType(const char* op, DType dtype) {
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kBF16) << "[" << op << "] no CUDA kernel for " << dtype;
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CHECK_ARGS_H_
