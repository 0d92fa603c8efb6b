// What a layer applies to its result: gain * leaky ReLU.
#ifndef NN_LAYERS_ACTIVATION_H_
#define NN_LAYERS_ACTIVATION_H_

#include "engine/ops/bias_act.h"

namespace sg::nn {

struct Activation {
  double slope = 1;  // of the negative side; 1 is linear
  double gain = 1;
};

// in_gain: of the equalized weight, where the layer has not applied it yet.
inline BiasActParams ToBiasAct(const Activation& activation, double in_gain = 1) {
  BiasActParams params;
  params.in_gain = in_gain;
  params.slope = activation.slope;
  params.gain = activation.gain;
  return params;
}

}  // namespace sg::nn

#endif  // NN_LAYERS_ACTIVATION_H_
