#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {

void RefKernels::StridedCopy(const StridedCopyArgs& args) {
  if (args.extent.NumElements() == 0) return;
  DispatchAny("StridedCopy", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const T* x = args.x.as<T>() + args.x_offset;
    T* y = args.y.as<T>() + args.y_offset;
    const std::array<Strides, 2> strides = {args.x_strides, args.y_strides};
    ForEachIndex(args.extent, strides, [&](const std::array<int64_t, 2>& at) { y[at[1]] = x[at[0]]; });
  });
}

}  // namespace sg::ref
