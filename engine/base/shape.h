// The extents of a dense row-major tensor: at most kMaxRank dimensions, trivially copyable.
#ifndef ENGINE_BASE_SHAPE_H_
#define ENGINE_BASE_SHAPE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>

namespace sg {

constexpr int kMaxRank = 6;

class Shape {
 public:
  Shape() = default;  // rank 0: a scalar, one element
  Shape(std::initializer_list<int64_t> dims);
  template <typename Iterator>
  Shape(Iterator begin, Iterator end) {
    for (; begin != end; ++begin) Append(*begin);
  }

  int rank() const { return rank_; }
  // dim(-1) is the last dimension.
  int64_t dim(int i) const { return dims_[CheckedIndex(i)]; }
  int64_t operator[](int i) const { return dim(i); }
  void set_dim(int i, int64_t extent) { dims_[CheckedIndex(i)] = extent; }
  void Append(int64_t extent);
  int64_t NumElements() const;
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }

  friend bool operator==(const Shape& a, const Shape& b);
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  int CheckedIndex(int i) const;

  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

std::string ToString(const Shape& shape);  // "[8,64,64,16]"
std::ostream& operator<<(std::ostream& os, const Shape& shape);

using Strides = std::array<int64_t, kMaxRank>;  // in elements; entries past the rank are 0

Strides RowMajorStrides(const Shape& shape);

// NumPy's rule: aligned at the last dimension, the extents of each pair are equal or one of them is 1. Returns false if
// the shapes do not fit.
bool BroadcastShapes(const Shape& a, const Shape& b, Shape* out);
// Strides that read a tensor of shape `shape` as if it were broadcast to `out`: 0 along repeated dimensions. Aborts if
// `shape` does not broadcast to `out`.
Strides BroadcastStrides(const Shape& shape, const Shape& out);
bool IsBroadcastableTo(const Shape& shape, const Shape& out);

}  // namespace sg

#endif  // ENGINE_BASE_SHAPE_H_
