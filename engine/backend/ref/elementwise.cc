// Fill, Unary, Binary, Where, Cast.
#include <algorithm>

#include "engine/backend/common/convert.h"
#include "engine/backend/common/scalar_math.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {
void RefKernels::Fill(const FillArgs& args) {
  DispatchAny("Fill", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    std::fill_n(args.y.as<T>(), args.y.NumElements(), Convert<T>(args.value));
  });
}

void RefKernels::Unary(const UnaryArgs& args) {
  DispatchFloat("Unary", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    using R = Real<T>;
    const T* x = args.x.as<T>();
    T* y = args.y.as<T>();
    const R alpha = static_cast<R>(args.alpha), beta = static_cast<R>(args.beta);
    const int64_t n = args.x.NumElements();
    DispatchUnary(args.fn, [&](auto fn) {
      for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(fn(static_cast<R>(x[i]), alpha, beta));
    });
  });
}

void RefKernels::Binary(const BinaryArgs& args) {
  const Shape& shape = args.y.shape;
  const std::array<Strides, 3> strides = {RowMajorStrides(shape), BroadcastStrides(args.a.shape, shape),
                                          BroadcastStrides(args.b.shape, shape)};
  DispatchFloat("Binary", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    using R = Real<T>;
    const T *a = args.a.as<T>(), *b = args.b.as<T>();
    T* y = args.y.as<T>();
    const R alpha = static_cast<R>(args.alpha), beta = static_cast<R>(args.beta);
    DispatchBinary(args.fn, [&](auto fn) {
      ForEachIndex(shape, strides, [&](const std::array<int64_t, 3>& at) {
        y[at[0]] = static_cast<T>(fn(static_cast<R>(a[at[1]]), static_cast<R>(b[at[2]]), alpha, beta));
      });
    });
  });
}

void RefKernels::Where(const WhereArgs& args) {
  const Shape& shape = args.y.shape;
  const std::array<Strides, 4> strides = {RowMajorStrides(shape), BroadcastStrides(args.condition.shape, shape),
                                          BroadcastStrides(args.a.shape, shape), BroadcastStrides(args.b.shape, shape)};
  DispatchFloat("Where", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    const T *condition = args.condition.as<T>(), *a = args.a.as<T>(), *b = args.b.as<T>();
    T* y = args.y.as<T>();
    ForEachIndex(shape, strides, [&](const std::array<int64_t, 4>& at) {
      y[at[0]] = static_cast<Real<T>>(condition[at[1]]) != 0 ? a[at[2]] : b[at[3]];
    });
  });
}

void RefKernels::Cast(const CastArgs& args) {
  const int64_t n = args.x.NumElements();
  DispatchAny("Cast", args.x.dtype, [&](auto from) {
    using From = decltype(from);
    DispatchAny("Cast", args.y.dtype, [&](auto to) {
      using To = decltype(to);
      const From* x = args.x.as<From>();
      To* y = args.y.as<To>();
      for (int64_t i = 0; i < n; ++i) y[i] = Convert<To>(x[i]);
    });
  });
}

}  // namespace sg::ref
