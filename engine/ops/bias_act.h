// Per-channel scale, bias, noise and leaky ReLU in one pass. The gradient is a separate operation. Differentiable to
// any order: the gradient depends on the output only through its sign and the clamp, and is linear in dy and in the
// scale.
//
//   BiasActInputs inputs;
//   inputs.bias = bias, inputs.noise = noise, inputs.strength = strength;
//   BiasActParams params;
//   params.slope = 0.2;
//   Tensor y = BiasAct(conv, inputs, params);
#ifndef ENGINE_OPS_BIAS_ACT_H_
#define ENGINE_OPS_BIAS_ACT_H_

#include "engine/tensor/tensor.h"

namespace sg {

struct BiasActParams {
  double in_gain = 1;  // multiplies x before the bias is added: the gain of an equalized weight
  double slope = 1;    // of the negative side, >= 0; 0 gives a ReLU, 1 makes the function linear
  double gain = 1;     // > 0
  double clamp = 0;    // upper limit of |y|; <= 0 disables clamping
};

struct BiasActInputs {
  // [N,C] for x [N,...,C], or undefined. Gradients with respect to scale, bias, noise and strength are computed from
  // the gradient with respect to x by division, and are NaN where the scale is 0. An optimizer that skips steps with a
  // non-finite gradient (AdamStep) then skips the step.
  Tensor scale;
  Tensor bias;      // [C], or undefined
  Tensor noise;     // x's shape with one channel, or undefined
  Tensor strength;  // [1]; defined if and only if noise is
};

// y = clamp(gain * lrelu(in_gain * scale[n,c] * x + bias[c] + strength * noise[n,h,w])) for x [...,C].
Tensor BiasAct(const Tensor& x, const BiasActInputs& inputs, const BiasActParams& params);

// The gradient with respect to x: in_gain * scale[n,c] * dy * gain * (y > 0 ? 1 : slope), zero where y is clamped. y is
// the output of BiasAct. The scale is as in BiasActInputs.
Tensor BiasActGrad(const Tensor& dy, const Tensor& y, const BiasActParams& params, const Tensor& scale = Tensor());

}  // namespace sg

#endif  // ENGINE_OPS_BIAS_ACT_H_
