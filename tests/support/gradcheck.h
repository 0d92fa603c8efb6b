// Checks gradients of any order against central differences, in f64 on the reference backend.
//
// With random u (shape of the output) and v (shape of one input), <u, J v> is measured by moving the input along v, and
// <J'u, v> computed by Grad; the two must agree. Order 2 then checks, in the same way, the function that maps the
// inputs and u to J'u, which is what Grad with create_graph returns; and so on.
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
  // Of |<u, J v> - <J'u, v>|, relative to the sum of the magnitudes of the products that the two add up.
  double tolerance = 1e-6;
  double step = 1e-5;  // along v, whose elements are standard normal
  uint64_t seed = 1;
};

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

// Succeeds where the derivatives of `function` with respect to every input are right up to options.order, whether Grad
// is asked for all inputs at once or for one alone. The failure names the operation that made the output, the order,
// the input, and both numbers. The inputs must be away from kinks.
::testing::AssertionResult CheckGradients(const TensorFunction& function, const std::vector<Tensor>& inputs,
                                          const GradCheckOptions& options = {});

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_GRADCHECK_H_
