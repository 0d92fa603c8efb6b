// The iteration space of a kernel with broadcast or strided operands. Adjacent dimensions are merged if every operand
// allows it: [N,H,W,C] with [N,1,1,C] becomes N x HW x C. The space is then handed out in blocks of rows x columns, in
// which each operand has one row stride and one column stride.
//
//   LoopNest<2> nest;
//   for (int i = 0; i < shape.rank(); ++i) nest.Append(shape[i], {a_strides[i], b_strides[i]});
//   nest.ForEachBlock(0, nest.size(), [&](int64_t first, const auto& offset, int64_t rows, int64_t cols) { ... });
#ifndef ENGINE_BACKEND_CPU_LOOPS_LOOP_NEST_H_
#define ENGINE_BACKEND_CPU_LOOPS_LOOP_NEST_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/base/shape.h"

namespace sg::cpu {

// A nest of loops over K operands. Dimensions of extent 1 are dropped.
template <int K>
class LoopNest {
 public:
  using Offsets = std::array<int64_t, K>;  // in elements

  // Adds an innermost dimension.
  void Append(int64_t extent, const Offsets& stride) {
    if (extent == 1) return;
    if (rank_ > 0) {
      Dim& last = dims_[rank_ - 1];
      bool merges = true;
      for (int k = 0; k < K; ++k) merges = merges && last.stride[k] == stride[k] * extent;
      if (merges) {
        last.extent *= extent;
        last.stride = stride;
        return;
      }
    }
    AppendUnmerged(extent, stride);
  }
  // Adds an innermost dimension without merging it.
  void AppendUnmerged(int64_t extent, const Offsets& stride) { dims_[rank_++] = {extent, stride}; }
  // Removes the innermost dimension.
  void DropColumns() { --rank_; }

  int rank() const { return rank_; }
  int64_t extent(int i) const { return dims_[i].extent; }
  const Offsets& stride(int i) const { return dims_[i].stride; }
  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= dims_[i].extent;
    return n;
  }
  // Extents and strides of the two innermost dimensions. A missing dimension has extent 1.
  int64_t cols() const { return rank_ > 0 ? dims_[rank_ - 1].extent : 1; }
  int64_t rows() const { return rank_ > 1 ? dims_[rank_ - 2].extent : 1; }
  Offsets col_stride() const { return rank_ > 0 ? dims_[rank_ - 1].stride : Offsets{}; }
  Offsets row_stride() const { return rank_ > 1 ? dims_[rank_ - 2].stride : Offsets{}; }

  // Covers the elements [begin, end) of the space, counted in row-major order, by calls f(first, offset, rows, cols). A
  // block is `rows` whole rows or a part of one row. `first` is the number of its first element, which is at offset[k]
  // in operand k.
  template <typename F>
  void ForEachBlock(int64_t begin, int64_t end, const F& f) const {
    const int64_t all_rows = rows(), all_cols = cols();
    const Offsets by_row = row_stride(), by_col = col_stride();
    for (int64_t e = begin; e < end;) {
      const int64_t row = e / all_cols, c = e % all_cols;
      int64_t outer = row / all_rows;
      const int64_t r = row % all_rows;
      Offsets offset;
      for (int k = 0; k < K; ++k) offset[k] = r * by_row[k] + c * by_col[k];
      for (int i = rank_ - 3; i >= 0; --i) {
        const int64_t index = outer % dims_[i].extent;
        outer /= dims_[i].extent;
        for (int k = 0; k < K; ++k) offset[k] += index * dims_[i].stride[k];
      }
      const int64_t block_cols = std::min(all_cols - c, end - e);
      const int64_t block_rows = block_cols == all_cols ? std::min(all_rows - r, (end - e) / all_cols) : 1;
      f(e, offset, block_rows, block_cols);
      e += block_rows * block_cols;
    }
  }

 private:
  struct Dim {
    int64_t extent;
    Offsets stride;
  };
  std::array<Dim, kMaxRank> dims_;
  int rank_ = 0;
};

// Rows shorter than this do not get a separate loop.
constexpr int64_t kShortRow = 16;
constexpr int64_t kChunk = 1024;

// Presents a block of broadcast operands (column stride 0 or 1) as contiguous runs. Calls f(first, n, q) for pieces of
// at most kChunk elements that together cover rows x cols. q[k] points to n consecutive elements of operand k: its own
// memory, or a copy with broadcast elements repeated. Each piece starts at the start of a row or is a part of one row.
template <typename T, int K, typename F>
void ForEachChunk(const std::array<const T*, K>& operands, const std::array<int64_t, K>& row_stride,
                  const std::array<int64_t, K>& col_stride, int64_t rows, int64_t cols, const F& f) {
  T copies[K][kChunk];
  std::array<const T*, K> q;
  const int64_t chunk_rows = std::min(rows, std::max<int64_t>(1, kChunk / cols)), chunk_cols = std::min(cols, kChunk);
  for (int64_t r = 0; r < rows; r += chunk_rows) {
    const int64_t nr = std::min(chunk_rows, rows - r);
    for (int64_t c = 0; c < cols; c += chunk_cols) {
      const int64_t nc = std::min(chunk_cols, cols - c);
      for (int k = 0; k < K; ++k) {
        const T* source = operands[k] + r * row_stride[k] + c * col_stride[k];
        if (col_stride[k] == 1 && (nr == 1 || row_stride[k] == cols)) {
          q[k] = source;
          continue;
        }
        q[k] = copies[k];
        const bool same_everywhere = row_stride[k] == 0 && (col_stride[k] == 0 || chunk_cols == cols);
        if (same_everywhere && r + c > 0) continue;  // reuses the copy of the first piece, which is the longest
        if (nr == 1) {
          std::fill_n(copies[k], nc, *source);
          continue;
        }
        for (int64_t j = 0; j < nc; ++j) {
          for (int64_t i = 0; i < nr; ++i) copies[k][i * nc + j] = source[i * row_stride[k] + j * col_stride[k]];
        }
      }
      f(r * cols + c, nr * nc, q);
    }
  }
}

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_LOOPS_LOOP_NEST_H_
