// The dtype in which convolutions and matrix products of bf16 operands are computed.
#ifndef ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_
#define ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_

#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/tensor_view.h"

namespace sg::cpu {

// kBF16 if the processor multiplies it, else kF32, which is logged once. kF32 for kF32.
DType ComputeType(DType dtype);

// `x` in `dtype`: `x` itself, or a converted copy in `*scratch`, which must outlive the result.
TensorView InType(const TensorView& x, DType dtype, PoolBuffer* scratch);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_
