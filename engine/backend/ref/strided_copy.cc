#include "engine/backend/common/strided_box.h"
#include "engine/backend/ref/kernels.h"

namespace sg::ref {
void StridedCopy(const StridedCopyArgs& args) {
  SG_CHECK(args.x.dtype == args.y.dtype) << "[StridedCopy] " << args.x.dtype << " to " << args.y.dtype;
  if (args.extent.NumElements() == 0) return;
  ReachOfBox("x", args.x, args.extent, args.x_strides, args.x_offset);
  ReachOfBox("y", args.y, args.extent, args.y_strides, args.y_offset);
  DispatchAny("StridedCopy", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const T* x = args.x.as<T>() + args.x_offset;
    T* y = args.y.as<T>() + args.y_offset;
    const std::array<Strides, 2> strides = {args.x_strides, args.y_strides};
    ForEachIndex(args.extent, strides, [&](const std::array<int64_t, 2>& at) { y[at[1]] = x[at[0]]; });
  });
}

}  // namespace sg::ref
