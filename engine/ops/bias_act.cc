#include "engine/ops/bias_act.h"

#include <memory>
#include <vector>

#include "engine/ops/bias_act_operands.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

// d(scale) = sum(a * b) / scale. Exactly one of a and b already carries the factor scale, hence the division.
Tensor ScaleGrad(const Tensor& a, const Tensor& b, const Tensor& scale) {
  return Div(Reshape(MulSumTo(a, b, ScaleShape(a.shape())), scale.shape()), scale);
}

class BiasActOp final : public Op {
 public:
  BiasActOp(const BiasActInputs& inputs, const BiasActParams& params) : operands_(inputs, params, /*first=*/1) {}

  const char* name() const override { return "BiasAct"; }
  void Describe(AttributeVisitor& v) const override { operands_.Describe(v); }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Tensor& x = in[0];
    SG_CHECK(IsFloating(x.dtype()) && x.shape().rank() >= 1) << "[BiasAct] needs a floating [...,C], got " << x;
    operands_.Check(name(), in, x.spec());
    return x.spec();
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    BiasActArgs args;
    args.x = in[0];
    operands_.Set(in, &args);
    args.y = out;
    backend.BiasAct(args);
  }
  // All gradients derive from one pass.
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(c.inputs.size());
    const Tensor dx = operands_.InputGrad(c);
    if (c.needs[0]) result[0] = dx;
    const int scale = operands_.scale();
    if (scale > 0 && c.needs[scale]) result[scale] = ScaleGrad(dx, SavedInput(c, 0), SavedInput(c, scale));
    operands_.SetOperandGrads(c, dx, &result);
    return result;
  }
  bool KeepsInput(int i) const override { return i == 0 ? operands_.scale() > 0 : operands_.KeepsInput(i); }
  bool KeepsOutput() const override { return operands_.KeepsOutput(); }

 private:
  const BiasActOperands operands_;
};

class BiasActGradOp final : public Op {
 public:
  BiasActGradOp(bool has_scale, const BiasActParams& params) : has_scale_(has_scale), p_(params) {}

  const char* name() const override { return "BiasActGrad"; }
  void Describe(AttributeVisitor& v) const override {
    v.Flag("has_scale", has_scale_);
    DescribeParams(p_, v);
  }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(in[0].shape() == in[1].shape() && in[0].dtype() == in[1].dtype())
        << "[BiasActGrad] gradient " << in[0] << " for output " << in[1];
    if (has_scale_) {
      CheckScale("BiasActGrad", in[2], in[0].spec());
      SG_CHECK(in[2].dtype() == in[0].dtype()) << "[BiasActGrad] scale " << in[2] << " for input " << in[0];
    }
    return in[0].spec();
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    const TensorView scale = has_scale_ ? in[2] : TensorView();
    backend.BiasActGrad({in[0], in[1], scale, out, p_.in_gain, p_.slope, p_.gain, p_.clamp});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(c.inputs.size());  // piecewise constant in y
    const Tensor scale = has_scale_ ? SavedInput(c, 2) : Tensor();
    if (c.needs[0]) result[0] = BiasActGrad(c.grad, SavedInput(c, 1), p_, scale);
    if (has_scale_ && c.needs[2]) result[2] = ScaleGrad(c.grad, SavedOutput(c), scale);
    return result;
  }
  bool KeepsInput(int i) const override { return i > 0; }
  bool KeepsOutput() const override { return has_scale_; }
  bool PassesGradient(int i) const override { return i != 1; }

 private:
  const bool has_scale_;
  const BiasActParams p_;
};

}  // namespace

Tensor BiasAct(const Tensor& x, const BiasActInputs& inputs, const BiasActParams& params) {
  CheckBiasAct("BiasAct", inputs, params);
  std::vector<Tensor> operands = {x};
  BiasActOperands::Append(inputs, &operands);
  return Apply(std::make_shared<BiasActOp>(inputs, params), operands);
}

Tensor BiasActGrad(const Tensor& dy, const Tensor& y, const BiasActParams& params, const Tensor& scale) {
  std::vector<Tensor> operands = {dy, y};
  if (scale.defined()) operands.push_back(scale);
  return Apply(std::make_shared<BiasActGradOp>(scale.defined(), params), operands);
}

}  // namespace sg
