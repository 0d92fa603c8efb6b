// In which type convolutions and matrix products of bf16 operands are computed.
#ifndef ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_
#define ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_

#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/tensor_view.h"

namespace sg::cpu {

// bf16 stays bf16 where the processor multiplies it, else becomes f32 (said once on stderr). f32 stays f32.
DType ComputeType(DType dtype);

// `x` in `dtype`: `x` itself, or a conversion in `*scratch`, which must outlive the result.
TensorView InType(const TensorView& x, DType dtype, PoolBuffer* scratch);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_ONEDNN_COMPUTE_TYPE_H_
