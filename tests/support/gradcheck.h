// Checks gradients of any order against central differences, in f64 on the reference backend.
//
// For random u (with the shape of the output) and v (with the shape of one input), <u, J v> is measured by moving the
// input along v, and <J'u, v> is computed by Grad. The two must agree. For order 2, the same check is applied to the
// function that maps the inputs and u to J'u, which Grad returns with create_graph. Higher orders repeat this.
//
//   EXPECT_TRUE(CheckGradients([](const std::vector<Tensor>& x) { return Mul(x[0], x[1]); },
//                              {NormalF64({2, 3}, 1), NormalF64({3}, 2)}));
#ifndef TESTS_SUPPORT_GRADCHECK_H_
#define TESTS_SUPPORT_GRADCHECK_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/tensor/tensor.h"
#include "gtest/gtest.h"

namespace sg::testing {

struct GradCheckOptions {
  int order = 2;
  // Bound of |<u, J v> - <J'u, v>|, relative to the sum of the magnitudes of all products in both sums.
  double tolerance = 1e-6;
  double step = 1e-5;  // along v, whose elements are standard normal
  uint64_t seed = 1;
};

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

// Succeeds if the derivatives of `function` with respect to every input are correct up to options.order, both when Grad
// is asked for all inputs at once and for each one alone. A failure names the operation that made the output, the
// order, the input, and both numbers. The inputs must be away from kinks.
::testing::AssertionResult CheckGradients(const TensorFunction& function, const std::vector<Tensor>& inputs,
                                          const GradCheckOptions& options = {});

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_GRADCHECK_H_
