#include "engine/ops/broadcast.h"

#include <memory>

#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor_access.h"

namespace sg {
namespace {

class BroadcastToOp final : public Op {
 public:
  explicit BroadcastToOp(const Shape& shape) : shape_(shape) {}

  const char* name() const override { return "BroadcastTo"; }
  void Describe(AttributeVisitor& v) const override { v.Extents("shape", shape_); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsBroadcastableTo(in[0].shape(), shape_))
        << "[BroadcastTo] " << in[0] << " does not broadcast to " << shape_;
    return {shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.StridedCopy(
        {in[0], out, shape_, BroadcastStrides(in[0].shape, shape_), RowMajorStrides(shape_), /*x_offset=*/0, 0});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {SumTo(c.grad, c.inputs[0].shape())}; }
  bool KeepsInput(int) const override { return false; }

 private:
  const Shape shape_;
};

class SumToOp final : public Op {
 public:
  SumToOp(const Shape& shape, double alpha) : shape_(shape), alpha_(alpha) {}

  const char* name() const override { return "SumTo"; }
  void Describe(AttributeVisitor& v) const override {
    v.Extents("shape", shape_);
    v.Real("alpha", alpha_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype()) && IsBroadcastableTo(shape_, in[0].shape()))
        << "[SumTo] " << in[0] << " does not sum to " << shape_;
    return {shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Reduce({in[0], TensorView(), out, alpha_});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    return {BroadcastTo(ScaleIfNeeded(c.grad, alpha_), c.inputs[0].shape())};
  }
  bool KeepsInput(int) const override { return false; }

 private:
  const Shape shape_;
  const double alpha_;
};

class MulSumToOp final : public Op {
 public:
  MulSumToOp(const Shape& shape, double alpha) : shape_(shape), alpha_(alpha) {}

  const char* name() const override { return "MulSumTo"; }
  void Describe(AttributeVisitor& v) const override {
    v.Extents("shape", shape_);
    v.Real("alpha", alpha_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype()) && in[0].dtype() == in[1].dtype() &&
             IsBroadcastableTo(in[1].shape(), in[0].shape()) && IsBroadcastableTo(shape_, in[0].shape()))
        << "[MulSumTo] " << in[0] << " times " << in[1] << " does not sum to " << shape_;
    return {shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Reduce({in[0], in[1], out, alpha_});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
    std::vector<Tensor> result(2);
    // A sum of squares has one gradient, not two equal ones to be added.
    const bool square = internal::TensorAccess::InfoPtr(c.inputs[0]) == internal::TensorAccess::InfoPtr(c.inputs[1]);
    if (c.needs[0]) {
      const Tensor da = MulScaled(c.grad, SavedInput(c, 1), square ? 2 * alpha_ : alpha_);
      result[0] = da.shape() == a ? da : BroadcastTo(da, a);
    }
    if (c.needs[1] && !square) {
      const Tensor value = SavedInput(c, 0);  // value * grad has the shape a
      result[1] = b == a ? MulScaled(value, c.grad, alpha_) : MulSumTo(value, c.grad, b, alpha_);
    }
    return result;
  }

 private:
  const Shape shape_;
  const double alpha_;
};

}  // namespace

Tensor BroadcastTo(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : Apply(std::make_shared<BroadcastToOp>(shape), {x});
}

Tensor SumTo(const Tensor& x, const Shape& shape, double alpha) {
  return x.shape() == shape ? ScaleIfNeeded(x, alpha) : Apply(std::make_shared<SumToOp>(shape, alpha), {x});
}

Tensor MulSumTo(const Tensor& a, const Tensor& b, const Shape& shape, double alpha) {
  return Apply(std::make_shared<MulSumToOp>(shape, alpha), {a, b});
}

}  // namespace sg
