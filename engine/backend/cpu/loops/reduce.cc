// Sums a few hundred elements at a time in f32 and adds these sums in f64. The division into parts depends only on the
// shapes, so the result is the same for every thread count.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/loop_nest.h"
#include "engine/backend/cpu/loops/parallel.h"
#include "engine/backend/cpu/memory/packed_weights.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

// Elements per part of a sum.
constexpr int64_t kPart = 65536;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// --- Sums along rows -------------------------------------------------------------------------------------------------

// The sum of a[i] * b[i * kB] over i < n, n <= kChunk. Long sums use explicit lanes to make rounding independent of
// auto-vectorization. Several vectors of lanes hide the latency of the addition.
template <int kB, typename T>
float DotShort(const T* a, const T* b, int64_t n) {
  constexpr int64_t kQuarter = 8, kLanes = 4 * kQuarter;
  float sum = 0;
  int64_t i = 0;
  if (n > 4 * kLanes) {
    float lane[kLanes] = {};
    for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
      for (int64_t j = 0; j < kLanes; ++j) lane[j] += ToFloat(a[i + j]) * ToFloat(b[(i + j) * kB]);
    }
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < kQuarter; ++j) {
      sum += (lane[j] + lane[j + kQuarter]) + (lane[j + 2 * kQuarter] + lane[j + 3 * kQuarter]);
    }
  }
#pragma omp simd reduction(+ : sum)
  for (int64_t j = i; j < n; ++j) sum += ToFloat(a[j]) * ToFloat(b[j * kB]);
  return sum;
}

template <typename T>
double Dot(const T* a, const T* b, int64_t b_stride, int64_t n) {
  double sum = 0;
  if (n < 8) {
    for (int64_t i = 0; i < n; ++i) sum += ToFloat(a[i]) * ToFloat(b[i * b_stride]);
    return sum;
  }
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t m = std::min(kChunk, n - i);
    sum += b_stride == 0 ? DotShort<0>(a + i, b, m) : DotShort<1>(a + i, b + i, m);
  }
  return sum;
}

// Sums the elements [begin, end) of `nest` over its columns.
template <typename T>
double DotRange(const T* a, const T* b, const LoopNest<2>& nest, int64_t begin, int64_t end) {
  const auto by_row = nest.row_stride(), by_col = nest.col_stride();
  double sum = 0;
  nest.ForEachBlock(begin, end, [&](int64_t, const auto& offset, int64_t rows, int64_t cols) {
    const T *pa = a + offset[0], *pb = b + offset[1];
    if (rows > 1 && cols < kShortRow) {
      ForEachChunk<T, 2>({pa, pb}, by_row, by_col, rows, cols,
                         [&](int64_t, int64_t n, const auto& q) { sum += DotShort<1>(q[0], q[1], n); });
    } else {
      for (int64_t r = 0; r < rows; ++r) sum += Dot(pa + r * by_row[0], pb + r * by_row[1], by_col[1], cols);
    }
  });
  return sum;
}

// Computes one sum over `reduced` for every element of `kept`.
template <typename T>
void ReduceRows(const T* a, const T* b, const LoopNest<2>& kept, const LoopNest<2>& reduced, double alpha, T* y) {
  const int64_t outputs = kept.size(), terms = reduced.size();
  const int64_t parts = CeilDiv(terms, kPart);
  const bool one_run = reduced.rank() == 1;
  const auto sum_part = [&](const auto& offset, int64_t part) {
    if (parts == 1 && one_run) return Dot(a + offset[0], b + offset[1], reduced.col_stride()[1], terms);
    return DotRange(a + offset[0], b + offset[1], reduced, part * kPart, std::min(terms, (part + 1) * kPart));
  };
  const auto for_each_output = [&](int64_t begin, int64_t end, const auto& f) {
    const auto by_row = kept.row_stride(), by_col = kept.col_stride();
    kept.ForEachBlock(begin, end, [&](int64_t first, const auto& offset, int64_t rows, int64_t cols) {
      for (int64_t i = 0; i < rows * cols; ++i) {
        const int64_t r = rows == 1 ? 0 : i / cols, c = i - r * cols;
        f(first + i,
          std::array<int64_t, 2>{offset[0] + r * by_row[0] + c * by_col[0], offset[1] + r * by_row[1] + c * by_col[1]});
      }
    });
  };
  if (parts == 1) {
    ParallelFor(outputs, GrainOf(terms), [&](int64_t begin, int64_t end) {
      for_each_output(begin, end, [&](int64_t o, const auto& offset) {
        y[o] = FromFloat<T>(static_cast<float>(alpha * sum_part(offset, 0)));
      });
    });
    return;
  }
  std::vector<double> partial(outputs * parts);
  ParallelFor(outputs * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for_each_output(i / parts, i / parts + 1,
                      [&](int64_t, const auto& offset) { partial[i] = sum_part(offset, i % parts); });
    }
  });
  for (int64_t o = 0; o < outputs; ++o) {
    double sum = 0;
    for (int64_t p = 0; p < parts; ++p) sum += partial[o * parts + p];
    y[o] = FromFloat<T>(static_cast<float>(alpha * sum));
  }
}

// --- Sums along columns ----------------------------------------------------------------------------------------------

// The number of columns summed side by side.
constexpr int64_t kTile = 512;

// Sums up to kTile columns over any number of rows.
class ColumnSums {
 public:
  // If cols is small, sums `lanes` columns of rows that are `lanes / cols` times as long, and adds the groups in
  // Finish.
  explicit ColumnSums(int64_t cols) : cols_(cols), lanes_(cols < kShortRow ? (kShortRow * 4 / cols) * cols : cols) {
    std::fill_n(sum_, lanes_, 0.0f);
    std::fill_n(total_, cols_, 0.0);
  }

  // Adds a[r,c] * b[r,c] for each row and column of the block.
  template <typename T>
  void AddBlock(const T* a, const T* b, const std::array<int64_t, 2>& by_row, int64_t b_col, int64_t rows) {
    if (lanes_ == cols_) {
      AddRows(a, b, by_row, b_col, rows, lanes_);
      return;
    }
    ForEachChunk<T, 2>({a, b}, by_row, {1, b_col}, rows, cols_, [&](int64_t, int64_t n, const auto& q) {
      const int64_t long_rows = n / lanes_, done = long_rows * lanes_;
      AddRows(q[0], q[1], {lanes_, lanes_}, 1, long_rows, lanes_);
      AddRows(q[0] + done, q[1] + done, {0, 0}, 1, 1, n - done);
    });
  }

  // Moves the f32 sums to the totals and returns the totals.
  const double* Finish() {
    for (int64_t i = 0; i < lanes_; i += cols_) {
      for (int64_t c = 0; c < cols_; ++c) total_[c] += sum_[i + c];
    }
    std::fill_n(sum_, lanes_, 0.0f);
    pending_ = 0;
    return total_;
  }

 private:
  template <typename T>
  void AddRows(const T* a, const T* b, const std::array<int64_t, 2>& by_row, int64_t b_col, int64_t rows,
               int64_t width) {
    constexpr int64_t kPending = 128;
    for (int64_t r = 0; r < rows;) {
      const int64_t n = std::min(rows - r, kPending - pending_);
      const T *pa = a + r * by_row[0], *pb = b + r * by_row[1];
      if (b_col == 0) {
        Accumulate<0>(pa, pb, by_row, n, width, sum_);
      } else {
        Accumulate<1>(pa, pb, by_row, n, width, sum_);
      }
      r += n;
      pending_ += n;
      if (pending_ == kPending) Finish();
    }
  }

  // Adds four rows at a time, which cuts the traffic to `sum` to a quarter.
  template <int kB, typename T>
  static void Accumulate(const T* __restrict a, const T* __restrict b, const std::array<int64_t, 2>& by_row,
                         int64_t rows, int64_t n, float* __restrict sum) {
    const int64_t ra = by_row[0], rb = by_row[1];
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4, a += 4 * ra, b += 4 * rb) {
      const T *a1 = a + ra, *a2 = a + 2 * ra, *a3 = a + 3 * ra, *b1 = b + rb, *b2 = b + 2 * rb, *b3 = b + 3 * rb;
#pragma omp simd
      for (int64_t c = 0; c < n; ++c) {
        const float s01 = ToFloat(a[c]) * ToFloat(b[c * kB]) + ToFloat(a1[c]) * ToFloat(b1[c * kB]);
        const float s23 = ToFloat(a2[c]) * ToFloat(b2[c * kB]) + ToFloat(a3[c]) * ToFloat(b3[c * kB]);
        sum[c] += s01 + s23;
      }
    }
    for (; r < rows; ++r, a += ra, b += rb) {
#pragma omp simd
      for (int64_t c = 0; c < n; ++c) sum[c] += ToFloat(a[c]) * ToFloat(b[c * kB]);
    }
  }

  const int64_t cols_, lanes_;
  int64_t pending_ = 0;
  float sum_[kTile];
  double total_[kTile];
};

// Computes one row of `cols` sums for every element of `kept`. The column stride is 1 for a and b_col for b.
template <typename T>
void ReduceColumns(const T* a, const T* b, const LoopNest<2>& kept, const LoopNest<2>& reduced, int64_t cols,
                   int64_t b_col, double alpha, T* y) {
  const int64_t outputs = kept.size(), terms = reduced.size(), tile = std::min(cols, kTile);
  const int64_t tiles = CeilDiv(cols, tile);
  const int64_t part_rows = std::max<int64_t>(1, kPart / tile), parts = CeilDiv(terms, part_rows);
  std::vector<double> partial(parts > 1 ? outputs * parts * cols : 0);
  ParallelFor(outputs * tiles * parts, GrainOf(std::min(terms, part_rows) * tile), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t o = i / (tiles * parts), part = i / tiles % parts, first = i % tiles * tile;
      const int64_t width = std::min(tile, cols - first);
      ColumnSums sums(width);
      kept.ForEachBlock(o, o + 1, [&](int64_t, const auto& at, int64_t, int64_t) {
        LoopNest<2> nest = reduced;
        nest.AppendUnmerged(width, {1, b_col});
        const T *pa = a + at[0] + first, *pb = b + at[1] + first * b_col;
        nest.ForEachBlock(part * part_rows * width, std::min(terms, (part + 1) * part_rows) * width,
                          [&](int64_t, const auto& offset, int64_t rows, int64_t) {
                            sums.AddBlock(pa + offset[0], pb + offset[1], nest.row_stride(), b_col, rows);
                          });
      });
      const double* total = sums.Finish();
      if (parts > 1) {
        std::copy_n(total, width, &partial[(o * parts + part) * cols + first]);
      } else {
        for (int64_t c = 0; c < width; ++c)
          y[o * cols + first + c] = FromFloat<T>(static_cast<float>(alpha * total[c]));
      }
    }
  });
  if (parts == 1) return;
  for (int64_t o = 0; o < outputs; ++o) {
    double* sum = &partial[o * parts * cols];
    for (int64_t p = 1; p < parts; ++p) {
      for (int64_t c = 0; c < cols; ++c) sum[c] += sum[p * cols + c];
    }
    for (int64_t c = 0; c < cols; ++c) y[o * cols + c] = FromFloat<T>(static_cast<float>(alpha * sum[c]));
  }
}

template <typename T>
void ReduceAs(const ReduceArgs& args) {
  const Shape& shape = args.a.shape;
  T* y = args.y.as<T>();
  if (shape.NumElements() == 0) {
    std::fill_n(y, args.y.NumElements(), T());
    return;
  }
  const T one = FromFloat<T>(1.0f);
  const T* b = args.b.data != nullptr ? args.b.as<const T>() : &one;
  const Strides a_strides = RowMajorStrides(shape), y_strides = BroadcastStrides(args.y.shape, shape);
  const Strides b_strides = args.b.data != nullptr ? BroadcastStrides(args.b.shape, shape) : Strides{};
  LoopNest<2> kept, reduced;
  bool last_is_kept = false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    last_is_kept = y_strides[i] != 0;
    (last_is_kept ? kept : reduced).Append(shape[i], {a_strides[i], b_strides[i]});
  }
  if (!last_is_kept) {
    ReduceRows(args.a.as<const T>(), b, kept, reduced, args.alpha, y);
    return;
  }
  const int64_t cols = kept.cols(), b_col = kept.col_stride()[1];
  kept.DropColumns();
  ReduceColumns(args.a.as<const T>(), b, kept, reduced, cols, b_col, args.alpha, y);
}

}  // namespace

void CpuKernels::Reduce(const ReduceArgs& args) {
  DispatchFloat("Reduce", args.a.dtype, [&](auto zero) { ReduceAs<decltype(zero)>(args); });
}

// Cached until the weights change: every image of a network and both halves of a training step need the same sums.
void CpuKernels::WeightEnergy(const WeightEnergyArgs& args) {
  TensorView energy = args.y;
  energy.shape = {args.w.shape[0], 1, 1, args.w.shape[3]};
  const PackedWeights::Buffer kept =
      CpuPackedWeights().Get(args.w, "energy", static_cast<size_t>(energy.NumBytes()), [&](void* packed) {
        energy.data = packed;
        Reduce({args.w, args.w, energy, 1});
      });
  energy.data = kept->data();
  Unary({energy, {args.y.data, args.y.dtype, energy.shape}, UnaryFn::kAffine, args.alpha, 0});
}

}  // namespace sg::cpu
