// BroadcastTo and SumTo, which are each other's adjoint (for alpha = 1), and a fused multiply and sum. Differentiable
// to any order.
//
//   Tensor y = SumTo(x, {1, 3});             // [4,3] -> [1,3]
//   Tensor norms = MulSumTo(x, x, {4, 1});   // [4,3] -> [4,1], the sum of squares of every row
#ifndef ENGINE_OPS_BROADCAST_H_
#define ENGINE_OPS_BROADCAST_H_

#include "engine/tensor/tensor.h"

namespace sg {

// Repeats x along dimensions of extent 1 and along new leading dimensions (NumPy's rules).
Tensor BroadcastTo(const Tensor& x, const Shape& shape);
// alpha times the sum of x over the dimensions along which `shape` broadcasts to x's shape. Returns x itself if that
// changes nothing.
Tensor SumTo(const Tensor& x, const Shape& shape, double alpha = 1);
// SumTo(a * b, shape, alpha) in one pass, without storing the product. b broadcasts to a's shape.
Tensor MulSumTo(const Tensor& a, const Tensor& b, const Shape& shape, double alpha = 1);

}  // namespace sg

#endif  // ENGINE_OPS_BROADCAST_H_
