#include "engine/ops/bias_act.h"

#include <memory>

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/op.h"

namespace sg {
namespace {

Shape NoiseShape(const Shape& x) {
  Shape shape = x;
  shape.set_dim(-1, 1);
  return shape;
}

class BiasActOp final : public Op {
 public:
  BiasActOp(bool has_bias, bool has_noise, const BiasActParams& params)
      : has_bias_(has_bias), has_noise_(has_noise), p_(params) {}

  const char* name() const override { return "BiasAct"; }

  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    const Tensor& x = in[0];
    SG_CHECK(IsFloating(x.dtype()) && x.shape().rank() >= 1) << "[BiasAct] needs a floating [...,C], got " << x;
    for (const Tensor& t : in) {
      SG_CHECK(t.dtype() == x.dtype()) << "[BiasAct] operand " << t << " for input " << x;
    }
    if (has_bias_) {
      SG_CHECK(in[1].shape() == Shape({x.dim(-1)})) << "[BiasAct] bias " << in[1] << " for input " << x;
    }
    if (has_noise_) {
      SG_CHECK(noise(in).shape() == NoiseShape(x.shape())) << "[BiasAct] noise " << noise(in) << " for input " << x;
      SG_CHECK(strength(in).NumElements() == 1) << "[BiasAct] strength " << strength(in) << " must hold one element";
    }
    return x.spec();
  }

  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    BiasActArgs args;
    args.x = in[0];
    if (has_bias_) args.bias = in[1];
    if (has_noise_) {
      args.noise = noise(in);
      args.strength = strength(in);
    }
    args.y = out;
    args.in_gain = p_.in_gain;
    args.slope = p_.slope;
    args.gain = p_.gain;
    args.clamp = p_.clamp;
    backend.BiasAct(args);
  }

  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(c.inputs.size());
    // One pass serves all: the gradient of x is that of the pre-activation times in_gain.
    const Tensor dx =
        IsLinear() ? ScaleIfNeeded(c.grad, p_.gain * p_.in_gain) : BiasActGrad(c.grad, c.output, p_, p_.in_gain);
    const double unscale = 1 / p_.in_gain;
    if (c.needs[0]) result[0] = dx;
    if (has_bias_ && c.needs[1]) result[1] = SumTo(dx, c.inputs[1].shape(), unscale);
    if (has_noise_) {
      const size_t i = c.inputs.size() - 2;
      const Tensor &noise = c.inputs[i], &strength = c.inputs[i + 1];
      if (c.needs[i]) result[i] = Mul(SumTo(dx, noise.shape(), unscale), strength);
      if (c.needs[i + 1]) result[i + 1] = MulSumTo(dx, noise, strength.shape(), unscale);
    }
    return result;
  }

  bool KeepsInput(int i) const override { return has_noise_ && i >= (has_bias_ ? 2 : 1); }
  bool KeepsOutput() const override { return !IsLinear(); }

 private:
  template <typename T>
  const T& noise(absl::Span<const T> in) const {
    return in[in.size() - 2];
  }
  template <typename T>
  const T& strength(absl::Span<const T> in) const {
    return in[in.size() - 1];
  }
  bool IsLinear() const { return p_.slope == 1 && !(p_.clamp > 0); }

  const bool has_bias_, has_noise_;
  const BiasActParams p_;
};

class BiasActGradOp final : public Op {
 public:
  BiasActGradOp(const BiasActParams& params, double scale) : p_(params), scale_(scale) {}

  const char* name() const override { return "BiasActGrad"; }
  TensorSpec Infer(absl::Span<const Tensor> in) const override {
    SG_CHECK(in[0].shape() == in[1].shape() && in[0].dtype() == in[1].dtype())
        << "[BiasActGrad] gradient " << in[0] << " for output " << in[1];
    return in[0].spec();
  }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.BiasActGrad({in[0], in[1], out, scale_, p_.slope, p_.gain, p_.clamp});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override {
    std::vector<Tensor> result(2);  // piecewise constant in y
    if (c.needs[0]) result[0] = BiasActGrad(c.grad, c.inputs[1], p_, scale_);
    return result;
  }
  bool KeepsInput(int i) const override { return i == 1; }
  bool PassesGradient(int i) const override { return i == 0; }

 private:
  const BiasActParams p_;
  const double scale_;
};

}  // namespace

Tensor BiasAct(const Tensor& x, const BiasActInputs& inputs, const BiasActParams& params) {
  SG_CHECK(params.slope > 0 && params.gain > 0 && params.in_gain != 0)
      << "[BiasAct] slope " << params.slope << ", gain " << params.gain << " and in_gain " << params.in_gain
      << ": the sign of the output must be that of the pre-activation";
  SG_CHECK(inputs.noise.defined() == inputs.strength.defined()) << "[BiasAct] noise and strength go together";
  std::vector<Tensor> operands = {x};
  if (inputs.bias.defined()) operands.push_back(inputs.bias);
  if (inputs.noise.defined()) {
    operands.push_back(inputs.noise);
    operands.push_back(inputs.strength);
  }
  return Apply(std::make_shared<BiasActOp>(inputs.bias.defined(), inputs.noise.defined(), params), operands);
}

Tensor BiasActGrad(const Tensor& dy, const Tensor& y, const BiasActParams& params, double scale) {
  return Apply(std::make_shared<BiasActGradOp>(params, scale), {dy, y});
}

}  // namespace sg
