#include <array>
#include <cstdint>

#include "engine/backend/common/convert.h"
#include "engine/backend/common/dispatch.h"
#include "engine/backend/common/scalar_math.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/loop_nest.h"
#include "engine/backend/cpu/loops/parallel.h"

namespace sg::cpu {
namespace {

template <typename T>
void FillRange(T value, int64_t n, T* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = value;
}

template <typename From, typename To>
void CastRange(const From* __restrict x, int64_t n, To* __restrict y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = Convert<To>(x[i]);
}

// --- Unary -----------------------------------------------------------------------------------------------------------

// x and y may be the same buffer.
template <typename Fn, typename T>
void UnaryRange(const T* x, int64_t n, float alpha, float beta, T* y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = FromFloat<T>(Fn()(ToFloat(x[i]), alpha, beta));
}

// --- Binary and Where ------------------------------------------------------------------------------------------------

// The column stride of each operand, 0 or 1, is a compile-time constant.
template <typename Fn, int kA, int kB, typename T>
void BinaryRow(const T* __restrict a, const T* __restrict b, int64_t n, float alpha, float beta, T* __restrict y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = FromFloat<T>(Fn()(ToFloat(a[i * kA]), ToFloat(b[i * kB]), alpha, beta));
}

template <typename Fn, typename T>
void BinaryBlock(const T* a, const T* b, const LoopNest<2>& nest, int64_t rows, int64_t cols, float alpha, float beta,
                 T* y) {
  const auto by_row = nest.row_stride(), by_col = nest.col_stride();
  if (rows > 1 && cols < kShortRow) {
    ForEachChunk<T, 2>({a, b}, by_row, by_col, rows, cols, [&](int64_t first, int64_t n, const auto& q) {
      BinaryRow<Fn, 1, 1>(q[0], q[1], n, alpha, beta, y + first);
    });
    return;
  }
  const auto for_each_row = [&](auto row) {
    for (int64_t r = 0; r < rows; ++r) row(a + r * by_row[0], b + r * by_row[1], cols, alpha, beta, y + r * cols);
  };
  if (by_col[0] != 0 && by_col[1] != 0) return for_each_row(BinaryRow<Fn, 1, 1, T>);
  if (by_col[0] != 0) return for_each_row(BinaryRow<Fn, 1, 0, T>);
  if (by_col[1] != 0) return for_each_row(BinaryRow<Fn, 0, 1, T>);
  for_each_row(BinaryRow<Fn, 0, 0, T>);
}

template <typename T>
void WhereRange(const T* __restrict condition, const T* __restrict a, const T* __restrict b, int64_t n,
                T* __restrict y) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const T yes = a[i], no = b[i];  // reads both, since conditional reads would become masked loads
    y[i] = ToFloat(condition[i]) != 0.0f ? yes : no;
  }
}

template <int K>
LoopNest<K> BroadcastNest(const Shape& shape, const std::array<const Shape*, K>& operands) {
  std::array<Strides, K> strides;
  for (int k = 0; k < K; ++k) strides[k] = BroadcastStrides(*operands[k], shape);
  LoopNest<K> nest;
  for (int i = 0; i < shape.rank(); ++i) {
    std::array<int64_t, K> stride;
    for (int k = 0; k < K; ++k) stride[k] = strides[k][i];
    nest.Append(shape[i], stride);
  }
  return nest;
}

}  // namespace

void CpuKernels::Fill(const FillArgs& args) {
  const TensorView y = args.y;
  DispatchAny("Fill", y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T value = Convert<T>(args.value);
    ParallelFor(y.NumElements(), kElementGrain,
                [&](int64_t begin, int64_t end) { FillRange(value, end - begin, y.as<T>() + begin); });
  });
}

void CpuKernels::Unary(const UnaryArgs& args) {
  const int64_t n = args.y.NumElements();
  DispatchFloat("Unary", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    DispatchUnary(args.fn, [&](auto fn) {
      ParallelFor(n, kElementGrain, [&](int64_t begin, int64_t end) {
        UnaryRange<decltype(fn)>(args.x.as<T>() + begin, end - begin, static_cast<float>(args.alpha),
                                 static_cast<float>(args.beta), args.y.as<T>() + begin);
      });
    });
  });
}

void CpuKernels::Binary(const BinaryArgs& args) {
  const LoopNest<2> nest = BroadcastNest<2>(args.y.shape, {&args.a.shape, &args.b.shape});
  DispatchFloat("Binary", args.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    DispatchBinary(args.fn, [&](auto fn) {
      ParallelFor(nest.size(), kElementGrain, [&](int64_t begin, int64_t end) {
        nest.ForEachBlock(begin, end, [&](int64_t first, const auto& offset, int64_t rows, int64_t cols) {
          BinaryBlock<decltype(fn)>(args.a.as<const T>() + offset[0], args.b.as<const T>() + offset[1], nest, rows,
                                    cols, static_cast<float>(args.alpha), static_cast<float>(args.beta),
                                    args.y.as<T>() + first);
        });
      });
    });
  });
}

void CpuKernels::Where(const WhereArgs& args) {
  const LoopNest<3> nest = BroadcastNest<3>(args.y.shape, {&args.condition.shape, &args.a.shape, &args.b.shape});
  DispatchFloat("Where", args.y.dtype, [&](auto zero) {
    using T = decltype(zero);
    ParallelFor(nest.size(), kElementGrain, [&](int64_t begin, int64_t end) {
      nest.ForEachBlock(begin, end, [&](int64_t first, const auto& offset, int64_t rows, int64_t cols) {
        T* y = args.y.as<T>() + first;
        ForEachChunk<T, 3>({args.condition.as<const T>() + offset[0], args.a.as<const T>() + offset[1],
                            args.b.as<const T>() + offset[2]},
                           nest.row_stride(), nest.col_stride(), rows, cols,
                           [&](int64_t at, int64_t n, const auto& q) { WhereRange(q[0], q[1], q[2], n, y + at); });
      });
    });
  });
}

void CpuKernels::Cast(const CastArgs& args) {
  const int64_t n = args.y.NumElements();
  DispatchAny("Cast", args.x.dtype, [&](auto from) {
    DispatchAny("Cast", args.y.dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      ParallelFor(n, kElementGrain, [&](int64_t begin, int64_t end) {
        CastRange(args.x.as<From>() + begin, end - begin, args.y.as<To>() + begin);
      });
    });
  });
}

}  // namespace sg::cpu
