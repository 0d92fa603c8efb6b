// Sums, means and variances over chosen dimensions. Differentiable to any order.
//
//   Tensor m = Mean(x, {1, 2});  // [N,H,W,C] -> [N,C]
#ifndef ENGINE_OPS_REDUCE_H_
#define ENGINE_OPS_REDUCE_H_

#include <vector>

#include "engine/tensor/tensor.h"

namespace sg {

// Over all dimensions: a scalar.
Tensor Sum(const Tensor& x);
Tensor Mean(const Tensor& x);

// Reduces over `dims`; a negative number counts from the end. The dimensions are removed, or kept with extent 1.
Tensor Sum(const Tensor& x, const std::vector<int>& dims, bool keep_dims = false);
Tensor Mean(const Tensor& x, const std::vector<int>& dims, bool keep_dims = false);
// The sum of squared deviations divided by n - correction: correction 0 is the population variance, 1 the unbiased
// estimate.
Tensor Variance(const Tensor& x, const std::vector<int>& dims, int correction, bool keep_dims = false);

}  // namespace sg

#endif  // ENGINE_OPS_REDUCE_H_
