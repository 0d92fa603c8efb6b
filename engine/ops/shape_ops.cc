#include "engine/ops/shape_ops.h"

#include <memory>

#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

int64_t OffsetOf(const Shape& shape, const Shape& begin) {
  const Strides strides = RowMajorStrides(shape);
  int64_t offset = 0;
  for (int i = 0; i < shape.rank(); ++i) offset += begin.dim(i) * strides[i];
  return offset;
}

void CheckBox(const char* name, const Shape& whole, const Shape& begin, const Shape& extent) {
  bool fits = begin.rank() == whole.rank() && extent.rank() == whole.rank();
  for (int i = 0; fits && i < whole.rank(); ++i) {
    fits = begin.dim(i) >= 0 && extent.dim(i) >= 0 && begin.dim(i) + extent.dim(i) <= whole.dim(i);
  }
  SG_CHECK(fits) << "[" << name << "] box " << extent << " at " << begin << " is not inside " << whole;
}

class ReshapeOp final : public Op {
 public:
  explicit ReshapeOp(const Shape& shape) : shape_(shape) {}

  const char* name() const override { return "Reshape"; }
  void Describe(AttributeVisitor& v) const override { v.Extents("shape", shape_); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(in[0].NumElements() == shape_.NumElements()) << "[Reshape] " << in[0] << " does not fit " << shape_;
    return {shape_, in[0].dtype()};
  }
  void Run(Backend&, absl::Span<const TensorView>, const TensorView&) const override {}
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {Reshape(c.grad, c.inputs[0].shape())}; }
  bool KeepsInput(int) const override { return false; }
  bool IsView() const override { return true; }

 private:
  const Shape shape_;
};

class PermuteOp final : public Op {
 public:
  explicit PermuteOp(std::vector<int> order) : order_(std::move(order)) {}

  const char* name() const override { return "Permute"; }
  void Describe(AttributeVisitor& v) const override { v.Integers("order", order_); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    std::vector<bool> seen(in[0].shape().rank(), false);
    bool valid = order_.size() == seen.size();
    for (int d : order_) {
      valid = valid && d >= 0 && d < static_cast<int>(seen.size()) && !seen[d];
      if (valid) seen[d] = true;
    }
    SG_CHECK(valid) << "[Permute] the order is not a permutation of the dimensions of " << in[0];
    Shape shape;
    for (int d : order_) shape.Append(in[0].dim(d));
    return {shape, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    const Strides from = RowMajorStrides(in[0].shape);
    Strides permuted{};
    for (size_t i = 0; i < order_.size(); ++i) permuted[i] = from[order_[i]];
    backend.StridedCopy({in[0], out, out.shape, permuted, RowMajorStrides(out.shape), /*x_offset=*/0, 0});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<int> inverse(order_.size());
    for (size_t i = 0; i < order_.size(); ++i) inverse[order_[i]] = static_cast<int>(i);
    return {Permute(c.grad, inverse)};
  }
  bool KeepsInput(int) const override { return false; }

 private:
  const std::vector<int> order_;
};

class SliceOp final : public Op {
 public:
  SliceOp(const Shape& begin, const Shape& extent) : begin_(begin), extent_(extent) {}

  const char* name() const override { return "Slice"; }
  void Describe(AttributeVisitor& v) const override {
    v.Extents("begin", begin_);
    v.Extents("extent", extent_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    CheckBox(name(), in[0].shape(), begin_, extent_);
    return {extent_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.StridedCopy({in[0], out, extent_, RowMajorStrides(in[0].shape), RowMajorStrides(extent_),
                         OffsetOf(in[0].shape, begin_), /*y_offset=*/0});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {PadTo(c.grad, c.inputs[0].shape(), begin_)}; }
  bool KeepsInput(int) const override { return false; }

 private:
  const Shape begin_, extent_;
};

class PadToOp final : public Op {
 public:
  PadToOp(const Shape& shape, const Shape& begin) : shape_(shape), begin_(begin) {}

  const char* name() const override { return "PadTo"; }
  void Describe(AttributeVisitor& v) const override {
    v.Extents("shape", shape_);
    v.Extents("begin", begin_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    CheckBox(name(), shape_, begin_, in[0].shape());
    return {shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Fill({out, 0});
    backend.StridedCopy({in[0], out, in[0].shape, RowMajorStrides(in[0].shape), RowMajorStrides(shape_),
                         /*x_offset=*/0, OffsetOf(shape_, begin_)});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {Slice(c.grad, begin_, c.inputs[0].shape())}; }
  bool KeepsInput(int) const override { return false; }

 private:
  const Shape shape_, begin_;
};

class ConcatOp final : public Op {
 public:
  explicit ConcatOp(int dim) : dim_(dim) {}

  const char* name() const override { return "Concat"; }
  void Describe(AttributeVisitor& v) const override { v.Integer("dim", dim_); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    Shape shape = in[0].shape();
    SG_CHECK(dim_ >= 0 && dim_ < shape.rank()) << "[Concat] no dimension " << dim_ << " in " << in[0];
    int64_t total = 0;
    for (const Tensor& t : in) {
      Shape resized = t.shape();
      if (resized.rank() == shape.rank()) resized.set_dim(dim_, shape.dim(dim_));
      SG_CHECK(resized == shape && t.dtype() == in[0].dtype())
          << "[Concat] " << t << " does not fit " << in[0] << " along dimension " << dim_;
      total += t.dim(dim_);
    }
    shape.set_dim(dim_, total);
    return {shape, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    const Strides strides = RowMajorStrides(out.shape);
    int64_t position = 0;
    for (const TensorView& x : in) {
      backend.StridedCopy(
          {x, out, x.shape, RowMajorStrides(x.shape), strides, /*x_offset=*/0, position * strides[dim_]});
      position += x.shape.dim(dim_);
    }
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(c.inputs.size());
    int64_t position = 0;
    for (size_t i = 0; i < c.inputs.size(); ++i) {
      const int64_t extent = c.inputs[i].dim(dim_);
      if (c.needs[i]) result[i] = Narrow(c.grad, dim_, position, extent);
      position += extent;
    }
    return result;
  }
  bool KeepsInput(int) const override { return false; }

 private:
  const int dim_;
};

}  // namespace

Tensor Reshape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : Apply(std::make_shared<ReshapeOp>(shape), {x});
}

Tensor Permute(const Tensor& x, const std::vector<int>& order) {
  return Apply(std::make_shared<PermuteOp>(order), {x});
}

Tensor Slice(const Tensor& x, const Shape& begin, const Shape& extent) {
  return Apply(std::make_shared<SliceOp>(begin, extent), {x});
}

Tensor Narrow(const Tensor& x, int dim, int64_t begin, int64_t extent) {
  const std::vector<int64_t> zeros(x.shape().rank(), 0);
  Shape from(zeros.begin(), zeros.end()), size = x.shape();
  from.set_dim(dim, begin);
  size.set_dim(dim, extent);
  return size == x.shape() && begin == 0 ? x : Slice(x, from, size);
}

Tensor PadTo(const Tensor& x, const Shape& shape, const Shape& begin) {
  return Apply(std::make_shared<PadToOp>(shape, begin), {x});
}

Tensor Concat(const std::vector<Tensor>& xs, int dim) { return Apply(std::make_shared<ConcatOp>(dim), xs); }

}  // namespace sg
