#include "engine/ops/conv2d.h"

#include <memory>
#include <vector>

#include "engine/base/dtype_rules.h"
#include "engine/ops/bias_act_operands.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"
#include "engine/tensor/record_scope.h"

namespace sg {
namespace {

// The dtype of a convolution of a and b. Aborts if their dtypes differ or are not floating.
DType ResultDType(const char* name, const Tensor& a, const Tensor& b) {
  SG_CHECK(a.dtype() == b.dtype() && IsFloating(a.dtype()))
      << "[" << name << "] needs two operands of one floating dtype, got " << a << " and " << b;
  return ContractionType(a.dtype());
}

void DescribeGeometry(const ConvGeometry& g, AttributeVisitor& v) {
  v.Integer("stride_h", g.stride_h);
  v.Integer("stride_w", g.stride_w);
  v.Integer("pad_h", g.pad_h);
  v.Integer("pad_w", g.pad_w);
  v.Integer("groups", g.groups);
}

class Conv2dOp final : public Op {
 public:
  Conv2dOp(const ConvGeometry& geometry, const BiasActInputs& inputs, const BiasActParams& params)
      : geometry_(geometry), after_(inputs, params, /*first=*/2) {}

  const char* name() const override { return "Conv2d"; }
  void Describe(AttributeVisitor& v) const override {
    DescribeGeometry(geometry_, v);
    after_.Describe(v);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const DType dtype = ResultDType(name(), in[0], in[1]);
    const TensorSpec spec = {Conv2dOutputShape(name(), in[0].shape(), in[1].shape(), geometry_), dtype};
    after_.Check(name(), in, spec);
    return spec;
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    Conv2dArgs args = {in[0], in[1], out, geometry_};
    after_.Set(in, &args.epilogue);
    backend.Conv2d(args);
  }
  // Conv2d below keeps away the gradient with respect to the scale, which would need the convolution's result.
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Tensor &x = c.inputs[0], &w = c.inputs[1];
    std::vector<Tensor> result(c.inputs.size());
    const Tensor convolved_grad = after_.InputGrad(c);
    after_.SetOperandGrads(c, convolved_grad, &result);
    if (!c.needs[0] && !c.needs[1]) return result;
    const Tensor dy = Cast(convolved_grad, w.dtype());
    if (c.needs[0]) result[0] = Conv2dInputGrad(dy, w, geometry_, x.shape());
    if (c.needs[1]) result[1] = Conv2dWeightGrad(x, dy, geometry_, w.shape());
    return result;
  }
  bool KeepsInput(int i) const override { return i < 2 || after_.KeepsInput(i); }
  bool KeepsOutput() const override { return after_.KeepsOutput(); }

 private:
  const ConvGeometry geometry_;
  const BiasActOperands after_;
};

class Conv2dInputGradOp final : public Op {
 public:
  Conv2dInputGradOp(const ConvGeometry& geometry, const Shape& x_shape) : geometry_(geometry), x_shape_(x_shape) {}

  const char* name() const override { return "Conv2dInputGrad"; }
  void Describe(AttributeVisitor& v) const override {
    DescribeGeometry(geometry_, v);
    v.Extents("x_shape", x_shape_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const DType dtype = ResultDType(name(), in[0], in[1]);
    const Shape dy = Conv2dOutputShape(name(), x_shape_, in[1].shape(), geometry_);
    SG_CHECK(dy == in[0].shape()) << "[Conv2dInputGrad] gradient " << in[0] << ", but " << x_shape_ << " with weight "
                                  << in[1] << " gives " << dy;
    return {x_shape_, dtype};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Conv2dInputGrad({in[0], in[1], out, geometry_});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Tensor &dy = c.inputs[0], &w = c.inputs[1], du = Cast(c.grad, w.dtype());
    std::vector<Tensor> result(2);
    if (c.needs[0]) result[0] = Conv2d(du, w, geometry_);
    if (c.needs[1]) result[1] = Conv2dWeightGrad(du, dy, geometry_, w.shape());
    return result;
  }

 private:
  const ConvGeometry geometry_;
  const Shape x_shape_;
};

class Conv2dWeightGradOp final : public Op {
 public:
  Conv2dWeightGradOp(const ConvGeometry& geometry, const Shape& w_shape) : geometry_(geometry), w_shape_(w_shape) {}

  const char* name() const override { return "Conv2dWeightGrad"; }
  void Describe(AttributeVisitor& v) const override {
    DescribeGeometry(geometry_, v);
    v.Extents("w_shape", w_shape_);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const DType dtype = ResultDType(name(), in[0], in[1]);
    const Shape dy = Conv2dOutputShape(name(), in[0].shape(), w_shape_, geometry_);
    SG_CHECK(dy == in[1].shape()) << "[Conv2dWeightGrad] gradient " << in[1] << ", but input " << in[0]
                                  << " with weight " << w_shape_ << " gives " << dy;
    return {w_shape_, dtype};
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Conv2dWeightGrad({in[0], in[1], out, geometry_});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    const Tensor &x = c.inputs[0], &dy = c.inputs[1], dv = Cast(c.grad, x.dtype());
    std::vector<Tensor> result(2);
    if (c.needs[0]) result[0] = Conv2dInputGrad(dy, dv, geometry_, x.shape());
    if (c.needs[1]) result[1] = Conv2d(x, dv, geometry_);
    return result;
  }

 private:
  const ConvGeometry geometry_;
  const Shape w_shape_;
};

}  // namespace

Tensor Conv2d(const Tensor& x, const Tensor& w, const ConvGeometry& geometry, const BiasActInputs& inputs,
              const BiasActParams& params) {
  CheckBiasAct("Conv2d", inputs, params);
  if (inputs.scale.defined() && inputs.scale.tracked() && RecordScope::IsRecording()) {
    return BiasAct(Conv2d(x, w, geometry), inputs, params);
  }
  std::vector<Tensor> operands = {x, w};
  BiasActOperands::Append(inputs, &operands);
  return Apply(std::make_shared<Conv2dOp>(geometry, inputs, params), operands);
}

Tensor Conv2dInputGrad(const Tensor& dy, const Tensor& w, const ConvGeometry& geometry, const Shape& x_shape) {
  return Apply(std::make_shared<Conv2dInputGradOp>(geometry, x_shape), {dy, w});
}

Tensor Conv2dWeightGrad(const Tensor& x, const Tensor& dy, const ConvGeometry& geometry, const Shape& w_shape) {
  return Apply(std::make_shared<Conv2dWeightGradOp>(geometry, w_shape), {x, dy});
}

}  // namespace sg
