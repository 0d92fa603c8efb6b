#include "engine/base/shape.h"

#include <algorithm>

#include "engine/base/check.h"

namespace sg {

Shape::Shape(std::initializer_list<int64_t> dims) {
  for (int64_t d : dims) Append(d);
}

void Shape::Append(int64_t extent) {
  SG_CHECK(rank_ < kMaxRank) << "[Shape] more than " << kMaxRank << " dimensions";
  SG_CHECK(extent >= 0) << "[Shape] negative extent " << extent;
  dims_[rank_++] = extent;
}

int Shape::CheckedIndex(int i) const {
  const int index = i < 0 ? i + rank_ : i;
  SG_CHECK(index >= 0 && index < rank_) << "[Shape] no dimension " << i << " in " << *this;
  return index;
}

int64_t Shape::NumElements() const {
  int64_t n = 1;
  for (int64_t d : *this) n *= d;
  return n;
}

bool operator==(const Shape& a, const Shape& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::string ToString(const Shape& shape) {
  std::string s = "[";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) s += ",";
    s += std::to_string(shape.dim(i));
  }
  return s + "]";
}

std::ostream& operator<<(std::ostream& os, const Shape& shape) { return os << ToString(shape); }

Strides RowMajorStrides(const Shape& shape) {
  Strides strides{};
  int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= shape.dim(i);
  }
  return strides;
}

bool BroadcastShapes(const Shape& a, const Shape& b, Shape* out) {
  const int rank = std::max(a.rank(), b.rank());
  Shape result;
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a.dim(ia), db = ib < 0 ? 1 : b.dim(ib);
    if (da != db && da != 1 && db != 1) return false;
    result.Append(da == 1 ? db : da);
  }
  *out = result;
  return true;
}

bool IsBroadcastableTo(const Shape& shape, const Shape& out) {
  Shape joined;
  return BroadcastShapes(shape, out, &joined) && joined == out;
}

Strides BroadcastStrides(const Shape& shape, const Shape& out) {
  SG_CHECK(IsBroadcastableTo(shape, out)) << "[Shape] " << shape << " does not broadcast to " << out;
  const Strides own = RowMajorStrides(shape);
  Strides strides{};
  const int shift = out.rank() - shape.rank();
  for (int i = 0; i < shape.rank(); ++i) strides[i + shift] = shape.dim(i) == 1 ? 0 : own[i];
  return strides;
}

}  // namespace sg
