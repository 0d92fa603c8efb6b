#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {

void RefKernels::Reduce(const ReduceArgs& args) {
  const bool has_b = args.b.data != nullptr;
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

void RefKernels::WeightEnergy(const WeightEnergyArgs& args) {
  TensorView y = args.y;
  y.shape = {args.w.shape[0], 1, 1, args.w.shape[3]};
  Reduce({args.w, args.w, y, args.alpha});
}

}  // namespace sg::ref
