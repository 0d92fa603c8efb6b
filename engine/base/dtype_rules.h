// The dtype of an operation's result and the dtype of a gradient. Every layer of the engine applies these two rules.
// They keep bf16 a storage format: sums and gradients are always f32 or wider.
//
//   ContractionType(DType::kBF16)  // kF32: MatMul and Conv2d of bf16 operands return f32
//   GradientType(DType::kBF16)     // kF32: the gradient with respect to a bf16 tensor is an f32 tensor
#ifndef ENGINE_BASE_DTYPE_RULES_H_
#define ENGINE_BASE_DTYPE_RULES_H_

#include "engine/base/dtype.h"

namespace sg {

// The dtype that a contraction (MatMul, Conv2d and its adjoints) accumulates and returns for operands of dtype
// `operand`.
constexpr DType ContractionType(DType operand) { return operand == DType::kBF16 ? DType::kF32 : operand; }

// The dtype of the gradient with respect to a tensor of dtype `value`.
constexpr DType GradientType(DType value) { return value == DType::kBF16 ? DType::kF32 : value; }

}  // namespace sg

#endif  // ENGINE_BASE_DTYPE_RULES_H_
