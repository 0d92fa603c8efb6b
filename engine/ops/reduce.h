// Sums, means and variances over chosen dimensions. Differentiable to any order.
#ifndef ENGINE_OPS_REDUCE_H_
#define ENGINE_OPS_REDUCE_H_

#include <vector>

#include "engine/tensor/tensor.h"

namespace sg {

// Over all dimensions: a scalar.
Tensor Sum(const Tensor& x);
Tensor Mean(const Tensor& x);

// Over `dims` (negative counts from the end). The dimensions are removed, or kept with extent 1.
Tensor Sum(const Tensor& x, const std::vector<int>& dims, bool keep_dims = false);
Tensor Mean(const Tensor& x, const std::vector<int>& dims, bool keep_dims = false);
// Sum of squared deviations over n - correction: 0 for the population's variance, 1 for the unbiased estimate.
Tensor Variance(const Tensor& x, const std::vector<int>& dims, int correction, bool keep_dims = false);

}  // namespace sg

#endif  // ENGINE_OPS_REDUCE_H_
