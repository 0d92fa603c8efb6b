// The elements that a box of a strided tensor reaches.
#ifndef ENGINE_BACKEND_COMMON_STRIDED_BOX_H_
#define ENGINE_BACKEND_COMMON_STRIDED_BOX_H_

#include <algorithm>
#include <cstdint>

#include "engine/base/shape.h"

namespace sg {

// The first and the last element, counted from the tensor's first, that a box with elements reaches.
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
