// The one activation of the model: leaky ReLU with slope 0.2, times the configured gain.
#ifndef GAN_MODEL_COMMON_ACTIVATION_H_
#define GAN_MODEL_COMMON_ACTIVATION_H_

#include "gan/config/config.h"
#include "nn/layers/activation.h"

namespace sg::gan {

inline nn::Activation LeakyReluOf(const ModelConfig& config) { return {0.2, config.activation_gain}; }

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_ACTIVATION_H_
