// Fill, Unary, Binary, Where, Cast.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/backend/common/scalar_math.h"
#include "engine/backend/ref/kernels.h"

namespace sg::ref {
namespace {

// Every type but f64 passes through double unchanged, so one conversion from double serves all pairs.
template <typename T>
T Convert(double value) {
  if constexpr (std::is_integral_v<T>) {
    if (std::isnan(value)) return 0;
    constexpr double kLowest = std::numeric_limits<T>::min(), kHighest = std::numeric_limits<T>::max();
    return static_cast<T>(std::clamp(std::nearbyint(value), kLowest, kHighest));
  } else {
    return static_cast<T>(static_cast<Real<T>>(value));
  }
}

template <typename T>
double ToDouble(T value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return static_cast<float>(value);
  } else {
    return value;
  }
}

}  // namespace

void Fill(const FillArgs& args) {
  DispatchAny("Fill", args.y.dtype, [&](auto type) {
    using T = decltype(type);
    std::fill_n(args.y.as<T>(), args.y.NumElements(), Convert<T>(args.value));
  });
}

void Unary(const UnaryArgs& args) {
  CheckTensor("Unary", "y", args.y, args.x.dtype, args.x.shape);
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

void Binary(const BinaryArgs& args) {
  CheckTensor("Binary", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Binary", "b", args.b, args.y.dtype, args.b.shape);
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

void Where(const WhereArgs& args) {
  CheckTensor("Where", "condition", args.condition, args.y.dtype, args.condition.shape);
  CheckTensor("Where", "a", args.a, args.y.dtype, args.a.shape);
  CheckTensor("Where", "b", args.b, args.y.dtype, args.b.shape);
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

void Cast(const CastArgs& args) {
  CheckTensor("Cast", "y", args.y, args.y.dtype, args.x.shape);
  const int64_t n = args.x.NumElements();
  DispatchAny("Cast", args.x.dtype, [&](auto from) {
    using From = decltype(from);
    DispatchAny("Cast", args.y.dtype, [&](auto to) {
      using To = decltype(to);
      const From* x = args.x.as<From>();
      To* y = args.y.as<To>();
      for (int64_t i = 0; i < n; ++i) y[i] = Convert<To>(ToDouble(x[i]));
    });
  });
}

}  // namespace sg::ref
