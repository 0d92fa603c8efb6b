// BroadcastTo and SumTo, each the adjoint of the other up to the factor, and the fused product-and-sum. Differentiable to any
// order.
#ifndef ENGINE_OPS_BROADCAST_H_
#define ENGINE_OPS_BROADCAST_H_

#include "engine/tensor/tensor.h"

namespace sg {

// Repeats x along dimensions of extent 1 and new leading ones (NumPy's rule).
Tensor BroadcastTo(const Tensor& x, const Shape& shape);
// alpha times the sum of x over the dimensions that `shape` would repeat to become x's. Same handle if there is nothing to do.
Tensor SumTo(const Tensor& x, const Shape& shape, double alpha = 1);
// SumTo(a * b, shape, alpha) in one pass that writes no product; b broadcasts to a's shape.
Tensor MulSumTo(const Tensor& a, const Tensor& b, const Shape& shape, double alpha = 1);

}  // namespace sg

#endif  // ENGINE_OPS_BROADCAST_H_
