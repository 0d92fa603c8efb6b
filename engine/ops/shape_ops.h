// Operations that move elements and compute nothing. Differentiable to any order; any dtype.
#ifndef ENGINE_OPS_SHAPE_OPS_H_
#define ENGINE_OPS_SHAPE_OPS_H_

#include <vector>

#include "engine/tensor/tensor.h"

namespace sg {

// The same elements in the same order under another shape. Shares the buffer.
Tensor Reshape(const Tensor& x, const Shape& shape);
// y.dim(i) = x.dim(order[i]).
Tensor Permute(const Tensor& x, const std::vector<int>& order);
// The box of extents `extent` that begins at `begin`.
Tensor Slice(const Tensor& x, const Shape& begin, const Shape& extent);
// Elements begin .. begin + extent - 1 of one dimension.
Tensor Narrow(const Tensor& x, int dim, int64_t begin, int64_t extent);
// x placed at `begin` in a tensor of zeros of shape `shape`: the adjoint of Slice.
Tensor PadTo(const Tensor& x, const Shape& shape, const Shape& begin);
// The tensors one after another along `dim`.
Tensor Concat(const std::vector<Tensor>& xs, int dim);
// The tensors, all of one shape, along a new first dimension.
Tensor Stack(const std::vector<Tensor>& xs);

}  // namespace sg

#endif  // ENGINE_OPS_SHAPE_OPS_H_
