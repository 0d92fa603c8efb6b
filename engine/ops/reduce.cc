#include "engine/ops/reduce.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"

namespace sg {
namespace {

struct ReducedShapes {
  Shape kept;         // with the reduced dimensions as extent 1
  Shape removed;      // without the reduced dimensions
  int64_t count = 1;  // elements per sum
};

ReducedShapes Reduced(const Tensor& x, const std::vector<int>& dims) {
  const int rank = x.shape().rank();
  std::vector<bool> is_reduced(rank, false);
  for (int d : dims) {
    const int dim = d < 0 ? d + rank : d;
    SG_CHECK(dim >= 0 && dim < rank) << "[Reduce] no dimension " << d << " in " << x;
    SG_CHECK(!is_reduced[dim]) << "[Reduce] dimension " << d << " of " << x << " is given twice";
    is_reduced[dim] = true;
  }
  ReducedShapes shapes;
  for (int i = 0; i < rank; ++i) {
    shapes.kept.Append(is_reduced[i] ? 1 : x.dim(i));
    if (is_reduced[i]) {
      shapes.count *= x.dim(i);
    } else {
      shapes.removed.Append(x.dim(i));
    }
  }
  return shapes;
}

Tensor Kept(const Tensor& reduced, const ReducedShapes& shapes, bool keep_dims) {
  return keep_dims ? reduced : Reshape(reduced, shapes.removed);
}

}  // namespace

Tensor Sum(const Tensor& x) { return SumTo(x, {}); }

Tensor Mean(const Tensor& x) { return SumTo(x, {}, 1.0 / x.NumElements()); }

Tensor Sum(const Tensor& x, const std::vector<int>& dims, bool keep_dims) {
  const ReducedShapes shapes = Reduced(x, dims);
  return Kept(SumTo(x, shapes.kept), shapes, keep_dims);
}

Tensor Mean(const Tensor& x, const std::vector<int>& dims, bool keep_dims) {
  const ReducedShapes shapes = Reduced(x, dims);
  return Kept(SumTo(x, shapes.kept, 1.0 / shapes.count), shapes, keep_dims);
}

Tensor Variance(const Tensor& x, const std::vector<int>& dims, int correction, bool keep_dims) {
  const ReducedShapes shapes = Reduced(x, dims);
  SG_CHECK(shapes.count > correction) << "[Variance] " << shapes.count << " elements, correction " << correction;
  const Tensor deviation = Sub(x, Mean(x, dims, /*keep_dims=*/true));
  return Kept(MulSumTo(deviation, deviation, shapes.kept, 1.0 / (shapes.count - correction)), shapes, keep_dims);
}

}  // namespace sg
