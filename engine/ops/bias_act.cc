#include "engine/ops/bias_act.h"

#include <memory>

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

Shape NoiseShape(const Shape& x) {
  Shape shape = x;
  shape.set_dim(-1, 1);
  return shape;
}

// The shape [N,1,...,1,C] for x [N,...,C].
Shape ScaleShape(const Shape& x) {
  Shape shape = x;
  for (int i = 1; i < x.rank() - 1; ++i) shape.set_dim(i, 1);
  return shape;
}

void CheckScale(const char* op, const Tensor& scale, const Tensor& x) {
  SG_CHECK(x.shape().rank() >= 2 && scale.shape() == Shape({x.dim(0), x.dim(-1)}))
      << "[" << op << "] scale " << scale << " for input " << x;
}

// d(scale) = sum(a * b) / scale. Exactly one of a and b already carries the factor scale, hence the division.
Tensor ScaleGrad(const Tensor& a, const Tensor& b, const Tensor& scale) {
  return Div(Reshape(MulSumTo(a, b, ScaleShape(a.shape())), scale.shape()), scale);
}

void DescribeParams(const BiasActParams& p, AttributeVisitor& v) {
  v.Real("in_gain", p.in_gain);
  v.Real("slope", p.slope);
  v.Real("gain", p.gain);
  v.Real("clamp", p.clamp);
}

class BiasActOp final : public Op {
 public:
  BiasActOp(const BiasActInputs& inputs, const BiasActParams& params) : p_(params) {
    int next = 1;
    if (inputs.scale.defined()) scale_ = next++;
    if (inputs.bias.defined()) bias_ = next++;
    if (inputs.noise.defined()) noise_ = next++;
    if (inputs.strength.defined()) strength_ = next++;
  }

  const char* name() const override { return "BiasAct"; }
  void Describe(AttributeVisitor& v) const override {
    v.Flag("has_scale", scale_ > 0);
    v.Flag("has_bias", bias_ > 0);
    v.Flag("has_noise", noise_ > 0);
    DescribeParams(p_, v);
  }

  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Tensor& x = in[0];
    SG_CHECK(IsFloating(x.dtype()) && x.shape().rank() >= 1) << "[BiasAct] needs a floating [...,C], got " << x;
    for (const Tensor& t : in) {
      SG_CHECK(t.dtype() == x.dtype()) << "[BiasAct] operand " << t << " for input " << x;
    }
    if (scale_ > 0) CheckScale("BiasAct", in[scale_], x);
    if (bias_ > 0) {
      SG_CHECK(in[bias_].shape() == Shape({x.dim(-1)})) << "[BiasAct] bias " << in[bias_] << " for input " << x;
    }
    if (noise_ > 0) {
      SG_CHECK(in[noise_].shape() == NoiseShape(x.shape())) << "[BiasAct] noise " << in[noise_] << " for input " << x;
      SG_CHECK(in[strength_].NumElements() == 1) << "[BiasAct] strength " << in[strength_] << " must hold one element";
    }
    return x.spec();
  }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    BiasActArgs args;
    args.x = in[0];
    if (scale_ > 0) args.scale = in[scale_];
    if (bias_ > 0) args.bias = in[bias_];
    if (noise_ > 0) {
      args.noise = in[noise_];
      args.strength = in[strength_];
    }
    args.y = out;
    args.in_gain = p_.in_gain;
    args.slope = p_.slope;
    args.gain = p_.gain;
    args.clamp = p_.clamp;
    backend.BiasAct(args);
  }

  // All gradients derive from one pass. The gradient with respect to x is the gradient with respect to the
  // pre-activation times in_gain and the scale. The sums for the other operands divide by these factors.
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(c.inputs.size());
    const Tensor scale = scale_ > 0 ? SavedInput(c, scale_) : Tensor();
    const Tensor dx = PreActivationGrad(c, scale);
    if (c.needs[0]) result[0] = dx;
    if (scale_ > 0 && c.needs[scale_]) result[scale_] = ScaleGrad(dx, SavedInput(c, 0), scale);

    const bool needs_bias = bias_ > 0 && c.needs[bias_], needs_noise = noise_ > 0 && c.needs[noise_];
    const bool needs_strength = strength_ > 0 && c.needs[strength_];
    if (!needs_bias && !needs_noise && !needs_strength) return result;
    Tensor inverse;
    if (scale_ > 0) inverse = Reshape(Reciprocal(scale), ScaleShape(dx.shape()));
    const double unscale = 1 / p_.in_gain;
    const auto sum_to = [&](const Shape& shape) {
      return inverse.defined() ? MulSumTo(dx, inverse, shape, unscale) : SumTo(dx, shape, unscale);
    };
    if (needs_bias) result[bias_] = sum_to(c.inputs[bias_].shape());
    if (!needs_noise && !needs_strength) return result;
    const Shape &noise = c.inputs[noise_].shape(), &strength = c.inputs[strength_].shape();
    if (!needs_noise && !inverse.defined()) {
      result[strength_] = MulSumTo(dx, SavedInput(c, noise_), strength, unscale);
      return result;
    }
    const Tensor by_pixel = sum_to(noise);
    if (needs_noise) result[noise_] = Mul(by_pixel, SavedInput(c, strength_));
    if (needs_strength) result[strength_] = MulSumTo(by_pixel, SavedInput(c, noise_), strength);
    return result;
  }

  bool KeepsInput(int i) const override {
    if (i == 0) return scale_ > 0;
    return i != bias_;
  }
  bool KeepsOutput() const override { return !IsLinear(); }

 private:
  bool IsLinear() const { return p_.slope == 1 && !(p_.clamp > 0); }
  Tensor PreActivationGrad(const VjpContext& c, const Tensor& scale) const {
    if (!IsLinear()) return BiasActGrad(c.grad, SavedOutput(c), p_, scale);
    const double factor = p_.gain * p_.in_gain;
    if (!scale.defined()) return ScaleIfNeeded(c.grad, factor);
    return MulScaled(c.grad, Reshape(scale, ScaleShape(c.grad.shape())), factor);
  }

  int scale_ = 0, bias_ = 0, noise_ = 0, strength_ = 0;  // indices of inputs; 0 if not given
  const BiasActParams p_;
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
      CheckScale("BiasActGrad", in[2], in[0]);
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
  SG_CHECK(params.slope >= 0 && params.gain > 0 && params.in_gain != 0)
      << "[BiasAct] slope " << params.slope << ", gain " << params.gain << " and in_gain " << params.in_gain
      << ": the output must be positive exactly where the pre-activation is";
  SG_CHECK(inputs.noise.defined() == inputs.strength.defined()) << "[BiasAct] noise and strength go together";
  std::vector<Tensor> operands = {x};
  for (const Tensor* t : {&inputs.scale, &inputs.bias, &inputs.noise, &inputs.strength}) {
    if (t->defined()) operands.push_back(*t);
  }
  return Apply(std::make_shared<BiasActOp>(inputs, params), operands);
}

Tensor BiasActGrad(const Tensor& dy, const Tensor& y, const BiasActParams& params, const Tensor& scale) {
  std::vector<Tensor> operands = {dy, y};
  if (scale.defined()) operands.push_back(scale);
  return Apply(std::make_shared<BiasActGradOp>(scale.defined(), params), operands);
}

}  // namespace sg
