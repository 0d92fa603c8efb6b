// The activation of a layer: gain * leaky ReLU, clamped on request.
//
//   Tensor y = layer.Forward(x, {/*slope=*/0.2, /*gain=*/std::sqrt(2.0)});
#ifndef NN_LAYERS_ACTIVATION_H_
#define NN_LAYERS_ACTIVATION_H_

#include "engine/ops/bias_act.h"

namespace sg::nn {

struct Activation {
  double slope = 1;  // of the negative side, >= 0; 1 makes the function linear
  double gain = 1;   // > 0
  double clamp = 0;  // upper limit of the result's magnitude; 0: not clamped
};

// `in_gain` is the gain of an equalized weight that the layer has not applied yet.
inline BiasActParams ToBiasAct(const Activation& activation, double in_gain = 1) {
  BiasActParams params;
  params.in_gain = in_gain;
  params.slope = activation.slope;
  params.gain = activation.gain;
  params.clamp = activation.clamp;
  return params;
}

}  // namespace sg::nn

#endif  // NN_LAYERS_ACTIVATION_H_
