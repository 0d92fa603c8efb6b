// Operations that move elements without computing. Any dtype; differentiable to any order.
//
//   Tensor y = Permute(x, {0, 3, 1, 2});        // [N,H,W,C] -> [N,C,H,W]
//   Tensor head = Narrow(x, /*dim=*/3, 0, 16);  // the first 16 channels
#ifndef ENGINE_OPS_SHAPE_OPS_H_
#define ENGINE_OPS_SHAPE_OPS_H_

#include <vector>

#include "engine/tensor/tensor.h"

namespace sg {

// The same elements in the same order under another shape. Shares the buffer.
Tensor Reshape(const Tensor& x, const Shape& shape);
// y.dim(i) = x.dim(order[i]).
Tensor Permute(const Tensor& x, const std::vector<int>& order);
// The box of shape `extent` that starts at `begin`.
Tensor Slice(const Tensor& x, const Shape& begin, const Shape& extent);
// Elements begin .. begin + extent - 1 of one dimension.
Tensor Narrow(const Tensor& x, int dim, int64_t begin, int64_t extent);
// A tensor of shape `shape`, zero except for x at `begin`. The adjoint of Slice.
Tensor PadTo(const Tensor& x, const Shape& shape, const Shape& begin);
// Concatenates the tensors along `dim`.
Tensor Concat(const std::vector<Tensor>& xs, int dim);

}  // namespace sg

#endif  // ENGINE_OPS_SHAPE_OPS_H_
