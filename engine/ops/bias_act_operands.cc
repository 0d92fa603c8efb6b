#include "engine/ops/bias_act_operands.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/ops/shape_ops.h"

namespace sg {
namespace {

Shape NoiseShape(const Shape& x) {
  Shape shape = x;
  shape.set_dim(-1, 1);
  return shape;
}

}  // namespace

Shape ScaleShape(const Shape& x) {
  Shape shape = x;
  for (int i = 1; i < x.rank() - 1; ++i) shape.set_dim(i, 1);
  return shape;
}

void CheckScale(const char* op, const Tensor& scale, const TensorSpec& x) {
  SG_CHECK(x.shape.rank() >= 2 && scale.shape() == Shape({x.shape.dim(0), x.shape.dim(-1)}))
      << "[" << op << "] scale " << scale << " for input " << x.dtype << x.shape;
}

void DescribeParams(const BiasActParams& params, AttributeVisitor& v) {
  v.Real("in_gain", params.in_gain);
  v.Real("slope", params.slope);
  v.Real("gain", params.gain);
  v.Real("clamp", params.clamp);
}

void CheckBiasAct(const char* op, const BiasActInputs& inputs, const BiasActParams& params) {
  SG_CHECK(params.slope >= 0 && params.gain > 0 && params.in_gain != 0)
      << "[" << op << "] slope " << params.slope << ", gain " << params.gain << " and in_gain " << params.in_gain
      << ": the output must be positive exactly where the pre-activation is";
  SG_CHECK(inputs.noise.defined() == inputs.strength.defined()) << "[" << op << "] noise and strength go together";
}

BiasActOperands::BiasActOperands(const BiasActInputs& inputs, const BiasActParams& params, int first) : p_(params) {
  int next = first;
  if (inputs.scale.defined()) scale_ = next++;
  if (inputs.bias.defined()) bias_ = next++;
  if (inputs.noise.defined()) noise_ = next++;
  if (inputs.strength.defined()) strength_ = next++;
}

void BiasActOperands::Append(const BiasActInputs& inputs, std::vector<Tensor>* operands) {
  for (const Tensor* t : {&inputs.scale, &inputs.bias, &inputs.noise, &inputs.strength}) {
    if (t->defined()) operands->push_back(*t);
  }
}

void BiasActOperands::Describe(AttributeVisitor& v) const {
  v.Flag("has_scale", scale_ > 0);
  v.Flag("has_bias", bias_ > 0);
  v.Flag("has_noise", noise_ > 0);
  DescribeParams(p_, v);
}

void BiasActOperands::Check(const char* op, absl::Span<const Tensor> in, const TensorSpec& x) const {
  for (int i : {scale_, bias_, noise_, strength_}) {
    SG_CHECK(i == 0 || in[i].dtype() == x.dtype)
        << "[" << op << "] operand " << in[i] << " for input " << x.dtype << x.shape;
  }
  if (scale_ > 0) CheckScale(op, in[scale_], x);
  if (bias_ > 0) {
    SG_CHECK(in[bias_].shape() == Shape({x.shape.dim(-1)}))
        << "[" << op << "] bias " << in[bias_] << " for input " << x.dtype << x.shape;
  }
  if (noise_ > 0) {
    SG_CHECK(in[noise_].shape() == NoiseShape(x.shape))
        << "[" << op << "] noise " << in[noise_] << " for input " << x.dtype << x.shape;
    SG_CHECK(in[strength_].NumElements() == 1)
        << "[" << op << "] strength " << in[strength_] << " must hold one element";
  }
}

Tensor BiasActOperands::InputGrad(const VjpContext& c) const {
  const Tensor scale = scale_ > 0 ? SavedInput(c, scale_) : Tensor();
  if (!IsLinear()) return BiasActGrad(c.grad, SavedOutput(c), p_, scale);
  const double factor = p_.gain * p_.in_gain;
  if (!scale.defined()) return ScaleIfNeeded(c.grad, factor);
  return MulScaled(c.grad, Reshape(scale, ScaleShape(c.grad.shape())), factor);
}

void BiasActOperands::SetOperandGrads(const VjpContext& c, const Tensor& dx, std::vector<Tensor>* gradients) const {
  std::vector<Tensor>& result = *gradients;
  const bool needs_bias = bias_ > 0 && c.needs[bias_], needs_noise = noise_ > 0 && c.needs[noise_];
  const bool needs_strength = strength_ > 0 && c.needs[strength_];
  if (!needs_bias && !needs_noise && !needs_strength) return;
  Tensor inverse;
  if (scale_ > 0) inverse = Reshape(Reciprocal(SavedInput(c, scale_)), ScaleShape(dx.shape()));
  const double unscale = 1 / p_.in_gain;
  const auto sum_to = [&](const Shape& shape) {
    return inverse.defined() ? MulSumTo(dx, inverse, shape, unscale) : SumTo(dx, shape, unscale);
  };
  if (needs_bias) result[bias_] = sum_to(c.inputs[bias_].shape());
  if (!needs_noise && !needs_strength) return;
  const Shape &noise = c.inputs[noise_].shape(), &strength = c.inputs[strength_].shape();
  if (!needs_noise && !inverse.defined()) {
    result[strength_] = MulSumTo(dx, SavedInput(c, noise_), strength, unscale);
    return;
  }
  const Tensor by_pixel = sum_to(noise);
  if (needs_noise) result[noise_] = Mul(by_pixel, SavedInput(c, strength_));
  if (needs_strength) result[strength_] = MulSumTo(by_pixel, SavedInput(c, noise_), strength);
}

}  // namespace sg
