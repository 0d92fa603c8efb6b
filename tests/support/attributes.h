// The attributes of the operation that computed a tensor, as text.
//
//   EXPECT_EQ(Attributes(Affine(x, 2, 1)), (std::vector<std::string>{"scale=2", "shift=1"}));
#ifndef TESTS_SUPPORT_ATTRIBUTES_H_
#define TESTS_SUPPORT_ATTRIBUTES_H_

#include <string>
#include <vector>

#include "engine/tensor/tensor.h"

namespace sg::testing {

// "name=value" for each attribute, in the order in which the operation describes them. `t` must be recorded.
std::vector<std::string> Attributes(const Tensor& t);

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_ATTRIBUTES_H_
