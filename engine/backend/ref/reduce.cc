#include "engine/backend/ref/kernels.h"

namespace sg::ref {

void Reduce(const ReduceArgs& args) {
  CheckTensor("Reduce", "y", args.y, args.a.dtype, args.y.shape);
  const bool has_b = args.b.data != nullptr;
  if (has_b) CheckTensor("Reduce", "b", args.b, args.a.dtype, args.b.shape);
  const Shape& shape = args.a.shape;
  const std::array<Strides, 3> strides = {RowMajorStrides(shape), BroadcastStrides(args.y.shape, shape),
                                          has_b ? BroadcastStrides(args.b.shape, shape) : Strides{}};
  DispatchFloat("Reduce", args.a.dtype, [&](auto type) {
    using T = decltype(type);
    using R = Real<T>;
    const T *a = args.a.as<T>(), *b = args.b.as<T>();
    std::vector<double> sums(args.y.NumElements(), 0.0);
    ForEachIndex(shape, strides, [&](const std::array<int64_t, 3>& at) {
      const double factor = has_b ? static_cast<R>(b[at[2]]) : R(1);
      sums[at[1]] += static_cast<R>(a[at[0]]) * factor;
    });
    for (double& sum : sums) sum *= args.alpha;
    StoreSums(sums, args.y.as<T>());
  });
}

}  // namespace sg::ref
