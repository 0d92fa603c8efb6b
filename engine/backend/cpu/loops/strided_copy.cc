#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/loop_nest.h"
#include "engine/backend/cpu/loops/parallel.h"

namespace sg::cpu {
namespace {

constexpr int kX = 0, kY = 1;

// The order in which the copy walks the dimensions of the box: by descending destination stride, except that the
// dimension in which the source is contiguous is at least second-innermost. A transposition then also reads whole cache
// lines.
LoopNest<2> CopyOrder(const StridedCopyArgs& args) {
  std::vector<int> order;
  for (int i = 0; i < args.extent.rank(); ++i) {
    if (args.extent[i] != 1) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return args.y_strides[a] > args.y_strides[b]; });
  LoopNest<2> merged;
  for (int i : order) merged.Append(args.extent[i], {args.x_strides[i], args.y_strides[i]});

  LoopNest<2> nest;
  int contiguous = -1;
  for (int i = 0; i + 2 < merged.rank(); ++i) {
    if (merged.stride(i)[kX] == 1) contiguous = i;
  }
  if (contiguous < 0 || merged.col_stride()[kX] == 1 || merged.row_stride()[kX] == 1) return merged;
  for (int i = 0; i < merged.rank(); ++i) {
    if (i == merged.rank() - 1) nest.AppendUnmerged(merged.extent(contiguous), merged.stride(contiguous));
    if (i != contiguous) nest.AppendUnmerged(merged.extent(i), merged.stride(i));
  }
  return nest;
}

template <typename T>
void CopyRuns(const T* x, T* y, int64_t rows, int64_t cols, int64_t x_row, int64_t y_row) {
  constexpr int64_t kWorthACall = 64;  // bytes
  if (cols * static_cast<int64_t>(sizeof(T)) >= kWorthACall) {
    for (int64_t r = 0; r < rows; ++r) std::memcpy(y + r * y_row, x + r * x_row, cols * sizeof(T));
    return;
  }
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < rows; ++r) y[r * y_row + c] = x[r * x_row + c];
  }
}

// y[r * y_row + c] = x[c * x_col + r]. Reads whole tiles into a buffer first: columns whose distance is a power of two
// would otherwise evict each other from the cache before their lines are used up.
template <typename T>
void CopyTransposed(const T* __restrict x, T* __restrict y, int64_t rows, int64_t cols, int64_t x_col, int64_t y_row) {
  constexpr int64_t kTile = 16;
  T tile[kTile][kTile];
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    const int64_t nr = std::min(kTile, rows - r0);
    for (int64_t c0 = 0; c0 < cols; c0 += kTile) {
      const int64_t nc = std::min(kTile, cols - c0);
      if (nr == kTile && nc == kTile) {
        for (int64_t c = 0; c < kTile; ++c) std::memcpy(tile[c], x + (c0 + c) * x_col + r0, sizeof tile[c]);
        for (int64_t r = 0; r < kTile; ++r) {
          for (int64_t c = 0; c < kTile; ++c) y[(r0 + r) * y_row + c0 + c] = tile[c][r];
        }
        continue;
      }
      for (int64_t r = r0; r < r0 + nr; ++r) {
        for (int64_t c = c0; c < c0 + nc; ++c) y[r * y_row + c] = x[c * x_col + r];
      }
    }
  }
}

template <typename T>
void CopyStrided(const T* __restrict x, T* __restrict y, int64_t rows, int64_t cols, const LoopNest<2>& nest) {
  const auto by_row = nest.row_stride(), by_col = nest.col_stride();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      y[r * by_row[kY] + c * by_col[kY]] = x[r * by_row[kX] + c * by_col[kX]];
    }
  }
}

template <typename T>
void RepeatRuns(const T* x, T* y, int64_t rows, int64_t cols, int64_t x_row, int64_t y_row) {
  for (int64_t r = 0; r < rows; ++r) std::fill_n(y + r * y_row, cols, x[r * x_row]);
}

// T stands for every dtype of its size.
template <typename T>
void CopyAll(const StridedCopyArgs& args) {
  const LoopNest<2> nest = CopyOrder(args);
  const auto by_row = nest.row_stride(), by_col = nest.col_stride();
  const T* x = args.x.as<const T>() + args.x_offset;
  T* y = args.y.as<T>() + args.y_offset;
  ParallelFor(nest.size(), kElementGrain, [&](int64_t begin, int64_t end) {
    nest.ForEachBlock(begin, end, [&](int64_t, const auto& offset, int64_t rows, int64_t cols) {
      const T* from = x + offset[kX];
      T* to = y + offset[kY];
      if (by_col[kX] == 1 && by_col[kY] == 1) {
        CopyRuns(from, to, rows, cols, by_row[kX], by_row[kY]);
      } else if (by_col[kX] == 0 && by_col[kY] == 1) {
        RepeatRuns(from, to, rows, cols, by_row[kX], by_row[kY]);
      } else if (by_row[kX] == 1 && by_col[kY] == 1) {
        CopyTransposed(from, to, rows, cols, by_col[kX], by_row[kY]);
      } else {
        CopyStrided(from, to, rows, cols, nest);
      }
    });
  });
}

}  // namespace

void CpuKernels::StridedCopy(const StridedCopyArgs& args) {
  switch (SizeOf(args.x.dtype)) {
    case 1: return CopyAll<uint8_t>(args);
    case 2: return CopyAll<uint16_t>(args);
    case 4: return CopyAll<uint32_t>(args);
    default: return CopyAll<uint64_t>(args);
  }
}

}  // namespace sg::cpu
