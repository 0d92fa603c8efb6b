// Matrix products in which one operand has few rows: a style or a latent of every image of a batch, times the weights of a
// dense layer. Every weight is used a few times only, so rearranging all of them first, as oneDNN does in every call from 16
// rows on, takes longer than the product.
#ifndef ENGINE_BACKEND_CPU_FEW_ROWS_MATMUL_H_
#define ENGINE_BACKEND_CPU_FEW_ROWS_MATMUL_H_

#include "engine/backend/kernel_args.h"

namespace sg::cpu {

// Whether FewRowsMatMul computes it, and faster: f32, y [M,N] = alpha a [M,K] b [N,K]^T with M from 16 to 48.
bool HasFewRows(const MatMulArgs& args);
void FewRowsMatMul(const MatMulArgs& args);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_FEW_ROWS_MATMUL_H_
