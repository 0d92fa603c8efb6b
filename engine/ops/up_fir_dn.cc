#include "engine/ops/up_fir_dn.h"

#include <memory>

#include "engine/backend/common/axis_taps.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

Shape OutputShape(const char* name, const Shape& x, const UpFirDnParams& p) {
  SG_CHECK(x.rank() == 4) << "[" << name << "] input must be [N,H,W,C], got " << x;
  const int64_t h = FirOutputLength(p.h, x.dim(1)), w = FirOutputLength(p.w, x.dim(2));
  SG_CHECK(h >= 1 && w >= 1) << "[" << name << "] filters of " << p.h.taps << "x" << p.w.taps << " taps do not fit "
                             << x;
  return {x.dim(0), h, w, x.dim(3)};
}

void DescribeParams(const UpFirDnParams& p, AttributeVisitor& v) {
  v.Integer("up_h", p.h.up);
  v.Integer("up_w", p.w.up);
  v.Integer("down_h", p.h.down);
  v.Integer("down_w", p.w.down);
  v.Integer("pad0_h", p.h.pad0);
  v.Integer("pad0_w", p.w.pad0);
  v.Integer("pad1_h", p.h.pad1);
  v.Integer("pad1_w", p.w.pad1);
  v.Reals("filter_h", absl::MakeConstSpan(p.h.filter, p.h.taps));
  v.Reals("filter_w", absl::MakeConstSpan(p.w.filter, p.w.taps));
  v.Choice("edge", p.edge == EdgeMode::kZero ? "zero" : "replicate");
}

class UpFirDn2dOp final : public Op {
 public:
  explicit UpFirDn2dOp(const UpFirDnParams& params) : p_(params) {}

  const char* name() const override { return "UpFirDn2d"; }
  void Describe(AttributeVisitor& v) const override { DescribeParams(p_, v); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(IsFloating(in[0].dtype())) << "[UpFirDn2d] needs a floating dtype, got " << in[0];
    return {OutputShape(name(), in[0].shape(), p_), in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.UpFirDn2d({in[0], out, p_.h, p_.w, p_.edge, /*transposed=*/false});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    return {UpFirDn2dTransposed(c.grad, p_, c.inputs[0].shape())};
  }
  bool KeepsInput(int) const override { return false; }

 private:
  const UpFirDnParams p_;
};

class UpFirDn2dTransposedOp final : public Op {
 public:
  UpFirDn2dTransposedOp(const UpFirDnParams& params, const Shape& x_shape) : p_(params), x_shape_(x_shape) {}

  const char* name() const override { return "UpFirDn2dTransposed"; }
  void Describe(AttributeVisitor& v) const override {
    DescribeParams(p_, v);
    v.Extents("x_shape", x_shape_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Shape dy = OutputShape(name(), x_shape_, p_);
    SG_CHECK(dy == in[0].shape() && IsFloating(in[0].dtype()))
        << "[UpFirDn2dTransposed] gradient " << in[0] << ", but " << x_shape_ << " gives " << dy;
    return {x_shape_, in[0].dtype()};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.UpFirDn2d({in[0], out, p_.h, p_.w, p_.edge, /*transposed=*/true});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {UpFirDn2d(c.grad, p_)}; }
  bool KeepsInput(int) const override { return false; }

 private:
  const UpFirDnParams p_;
  const Shape x_shape_;
};

}  // namespace

UpFirDnParams MakeUpFirDn(const FirParams& p) {
  const FirAxis axis = MakeFirAxis(p.up, p.down, p.pad0, p.pad1, p.filter);
  return {axis, axis, p.edge};
}

Tensor UpFirDn2d(const Tensor& x, const UpFirDnParams& params) {
  return Apply(std::make_shared<UpFirDn2dOp>(params), {x});
}

Tensor UpFirDn2dTransposed(const Tensor& dy, const UpFirDnParams& params, const Shape& x_shape) {
  return Apply(std::make_shared<UpFirDn2dTransposedOp>(params, x_shape), {dy});
}

}  // namespace sg
