// Access to saved values for Op::Vjp, in the dtype of gradients.
//
// The gradient with respect to a bf16 tensor is f32, but elementwise operations require operands of one dtype. A rule
// that combines the gradient with a saved value therefore reads the value through these functions. They cast bf16 to
// f32. For every other dtype they return the same handle and run nothing. Contractions read c.inputs instead, and cast
// the gradient to bf16.
//
//   std::vector<Tensor> Vjp(const VjpContext& c) const override { return {MulScaled(c.grad, SavedInput(c, 0), 2)}; }
#ifndef ENGINE_OPS_SAVED_VALUE_H_
#define ENGINE_OPS_SAVED_VALUE_H_

#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// The value of input i or of the output. The operation must keep that value. Differentiable to any order.
Tensor SavedInput(const VjpContext& c, int i);
Tensor SavedOutput(const VjpContext& c);

}  // namespace sg

#endif  // ENGINE_OPS_SAVED_VALUE_H_
