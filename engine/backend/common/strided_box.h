// The check of StridedCopy that backends share: that a box lies within its tensor.
#ifndef ENGINE_BACKEND_COMMON_STRIDED_BOX_H_
#define ENGINE_BACKEND_COMMON_STRIDED_BOX_H_

#include <algorithm>
#include <cstdint>

#include "engine/backend/tensor_view.h"
#include "engine/base/check.h"
#include "engine/base/shape.h"

namespace sg {

// The first and the last element of `t` that a box with elements reaches. Aborts where they are not its own.
struct BoxReach {
  int64_t first, last;
};
inline BoxReach ReachOfBox(const char* name, const TensorView& t, const Shape& extent, const Strides& strides,
                           int64_t offset) {
  BoxReach reach = {offset, offset};
  for (int d = 0; d < extent.rank(); ++d) {
    const int64_t steps = (extent.dim(d) - 1) * strides[d];
    reach.first += std::min<int64_t>(steps, 0);
    reach.last += std::max<int64_t>(steps, 0);
  }
  SG_CHECK(reach.first >= 0 && reach.last < t.NumElements())
      << "[StridedCopy] the box " << extent << " reaches elements " << reach.first << " to " << reach.last << " of "
      << name << " " << t.shape;
  return reach;
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_STRIDED_BOX_H_
