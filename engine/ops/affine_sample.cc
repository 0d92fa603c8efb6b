#include "engine/ops/affine_sample.h"

#include <memory>

#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

Shape OutputShape(const char* name, const Shape& x, const Tensor& transforms, const AffineSampleParams& p) {
  SG_CHECK(x.rank() == 4) << "[" << name << "] input must be [N,H,W,C], got " << x;
  SG_CHECK(p.height >= 1 && p.width >= 1) << "[" << name << "] a result of " << p.height << "x" << p.width << " pixels";
  SG_CHECK(transforms.dtype() == DType::kF32 && transforms.shape() == Shape({x.dim(0), 6}))
      << "[" << name << "] transforms must be f32[" << x.dim(0) << ",6], got " << transforms;
  return {x.dim(0), p.height, p.width, x.dim(3)};
}

void DescribeParams(const AffineSampleParams& p, AttributeVisitor& v) {
  v.Integer("up", p.filter.up);
  v.Integer("origin", p.filter.origin);
  v.Reals("filter", absl::MakeConstSpan(p.filter.filter, p.filter.taps));
  v.Integer("left", p.margins.left);
  v.Integer("right", p.margins.right);
  v.Integer("top", p.margins.top);
  v.Integer("bottom", p.margins.bottom);
  v.Integer("height", p.height);
  v.Integer("width", p.width);
}

class AffineSampleOp final : public Op {
 public:
  explicit AffineSampleOp(const AffineSampleParams& params) : p_(params) {}

  const char* name() const override { return "AffineSample"; }
  void Describe(AttributeVisitor& v) const override { DescribeParams(p_, v); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype())) << "[AffineSample] needs a floating dtype, got " << in[0];
    return {OutputShape(name(), in[0].shape(), in[1], p_), in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.AffineSample({in[0], in[1], out, p_.filter, p_.margins, /*transposed=*/false});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    return {AffineSampleTransposed(c.grad, c.inputs[1], p_, c.inputs[0].shape()), Tensor()};
  }
  bool KeepsInput(int i) const override { return i == 1; }
  bool PassesGradient(int i) const override { return i == 0; }

 private:
  const AffineSampleParams p_;
};

class AffineSampleTransposedOp final : public Op {
 public:
  AffineSampleTransposedOp(const AffineSampleParams& params, const Shape& x_shape) : p_(params), x_shape_(x_shape) {}

  const char* name() const override { return "AffineSampleTransposed"; }
  void Describe(AttributeVisitor& v) const override {
    DescribeParams(p_, v);
    v.Extents("x_shape", x_shape_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Shape dy = OutputShape(name(), x_shape_, in[1], p_);
    SG_CHECK(dy == in[0].shape() && IsFloating(in[0].dtype()))
        << "[AffineSampleTransposed] gradient " << in[0] << ", but " << x_shape_ << " gives " << dy;
    return {x_shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.AffineSample({in[0], in[1], out, p_.filter, p_.margins, /*transposed=*/true});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    return {AffineSample(c.grad, c.inputs[1], p_), Tensor()};
  }
  bool KeepsInput(int i) const override { return i == 1; }
  bool PassesGradient(int i) const override { return i == 0; }

 private:
  const AffineSampleParams p_;
  const Shape x_shape_;
};

}  // namespace

Tensor AffineSample(const Tensor& x, const Tensor& transforms, const AffineSampleParams& params) {
  return Apply(std::make_shared<AffineSampleOp>(params), {x, transforms});
}

Tensor AffineSampleTransposed(const Tensor& dy, const Tensor& transforms, const AffineSampleParams& params,
                              const Shape& x_shape) {
  return Apply(std::make_shared<AffineSampleTransposedOp>(params, x_shape), {dy, transforms});
}

}  // namespace sg
