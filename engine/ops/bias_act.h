// A scale per channel, bias, noise and leaky ReLU in one pass, and the gradient as an operation of its own. Differentiable to
// any order: the gradient depends on the sign of the output only, and is linear in dy and in the scale.
//
//   Tensor y = BiasAct(conv, {.bias = b, .noise = n, .strength = s}, {.slope = 0.2});
#ifndef ENGINE_OPS_BIAS_ACT_H_
#define ENGINE_OPS_BIAS_ACT_H_

#include "engine/tensor/tensor.h"

namespace sg {

struct BiasActParams {
  double in_gain = 1;  // multiplies x before the bias: the gain of an equalized weight
  double slope = 1;    // of the negative side, > 0; 1 is linear
  double gain = 1;     // > 0
  double clamp = 0;    // limits |y|; <= 0 is no limit
};

struct BiasActInputs {
  Tensor scale;     // [N,C] where x is [N,...,C], or undefined. Never 0: gradients are divided by it
  Tensor bias;      // [C], or undefined
  Tensor noise;     // x's shape with one channel, or undefined
  Tensor strength;  // [1]; defined exactly where noise is
};

// y = clamp(gain * lrelu(in_gain * scale[n,c] * x + bias[c] + strength * noise[n,h,w])), x [...,C].
Tensor BiasAct(const Tensor& x, const BiasActInputs& inputs, const BiasActParams& params);

// What dy means for x: in_gain * scale[n,c] * dy * gain * (y > 0 ? 1 : slope), zero where y is clamped; y is the output of
// BiasAct. The scale [N,C], never 0, may be undefined.
Tensor BiasActGrad(const Tensor& dy, const Tensor& y, const BiasActParams& params, const Tensor& scale = Tensor());

}  // namespace sg

#endif  // ENGINE_OPS_BIAS_ACT_H_
