// Matrix products, single or batched. Differentiable to any order.
//
//   MatMulParams params;
//   params.transpose_b = true;
//   Tensor y = MatMul(x, w, params);  // [N,I], [O,I] -> [N,O]
#ifndef ENGINE_OPS_MATMUL_H_
#define ENGINE_OPS_MATMUL_H_

#include "engine/tensor/tensor.h"

namespace sg {

struct MatMulParams {
  bool transpose_a = false, transpose_b = false;
  double alpha = 1;
};

// alpha * op(a) op(b), of shape [...,M,N]. a is [...,M,K], or [...,K,M] if transposed. b is [...,K,N], or [...,N,K] if
// transposed. Rank 2, or rank 3 with one common batch dimension. The product has the ContractionType of the operands:
// f32 for bf16.
Tensor MatMul(const Tensor& a, const Tensor& b, const MatMulParams& params = {});

}  // namespace sg

#endif  // ENGINE_OPS_MATMUL_H_
