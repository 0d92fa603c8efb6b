// The range of elements that a box of a strided tensor spans.
//
//   const BoxReach reach = ReachOfBox({2, 3}, strides, offset);  // reads elements reach.first to reach.last
#ifndef ENGINE_BACKEND_COMMON_STRIDED_BOX_H_
#define ENGINE_BACKEND_COMMON_STRIDED_BOX_H_

#include <algorithm>
#include <cstdint>

#include "engine/base/shape.h"

namespace sg {

// The indices of the first and last element of the box, relative to the tensor's first. The box must not be empty.
struct BoxReach {
  int64_t first, last;
};
inline BoxReach ReachOfBox(const Shape& extent, const Strides& strides, int64_t offset) {
  BoxReach reach = {offset, offset};
  for (int d = 0; d < extent.rank(); ++d) {
    const int64_t steps = (extent.dim(d) - 1) * strides[d];
    reach.first += std::min<int64_t>(steps, 0);
    reach.last += std::max<int64_t>(steps, 0);
  }
  return reach;
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_STRIDED_BOX_H_
