#include <algorithm>

#include "engine/backend/ref/kernels.h"

namespace sg::ref {
namespace {

void CheckBox(const char* name, const TensorView& t, const Shape& extent, const Strides& strides, int64_t offset) {
  int64_t first = offset, last = offset;
  for (int d = 0; d < extent.rank(); ++d) {
    const int64_t reach = (extent.dim(d) - 1) * strides[d];
    first += std::min<int64_t>(reach, 0);
    last += std::max<int64_t>(reach, 0);
  }
  SG_CHECK(first >= 0 && last < t.NumElements()) << "[StridedCopy] the box " << extent << " reaches elements " << first
                                                 << " to " << last << " of " << name << " " << t.shape;
}

}  // namespace

void StridedCopy(const StridedCopyArgs& args) {
  SG_CHECK(args.x.dtype == args.y.dtype) << "[StridedCopy] " << args.x.dtype << " to " << args.y.dtype;
  if (args.extent.NumElements() == 0) return;
  CheckBox("x", args.x, args.extent, args.x_strides, args.x_offset);
  CheckBox("y", args.y, args.extent, args.y_strides, args.y_offset);
  DispatchAny("StridedCopy", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const T* x = args.x.as<T>() + args.x_offset;
    T* y = args.y.as<T>() + args.y_offset;
    const std::array<Strides, 2> strides = {args.x_strides, args.y_strides};
    ForEachIndex(args.extent, strides, [&](const std::array<int64_t, 2>& at) { y[at[1]] = x[at[0]]; });
  });
}

}  // namespace sg::ref
