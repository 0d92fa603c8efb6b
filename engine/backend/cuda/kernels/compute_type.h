// The floating dtypes that CUDA kernels compute in.
#ifndef ENGINE_BACKEND_CUDA_KERNELS_COMPUTE_TYPE_H_
#define ENGINE_BACKEND_CUDA_KERNELS_COMPUTE_TYPE_H_

#include "engine/base/check.h"
#include "engine/base/dtype.h"

namespace sg::cuda {

inline void CheckComputeType(const char* kernel, DType dtype) {
  SG_CHECK(dtype == DType::kF32 || dtype == DType::kBF16) << "[" << kernel << "] no CUDA kernel for " << dtype;
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_COMPUTE_TYPE_H_
