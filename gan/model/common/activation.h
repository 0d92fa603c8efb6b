// The one activation of the model: leaky ReLU with slope 0.2, times the configured gain.
#ifndef GAN_MODEL_COMMON_ACTIVATION_H_
#define GAN_MODEL_COMMON_ACTIVATION_H_

#include "gan/config/config.h"
#include "nn/layers/activation.h"

namespace sg::gan {

inline nn::Activation LeakyReluOf(const ModelConfig& config) { return {0.2, config.activation_gain}; }

// That of a convolution, clamped to config.conv_clamp. `block_gain` is a block's own factor. Unlike the activation's
// gain it applies to the limit, too: the limit is one of what the block would have computed without its factor.
inline nn::Activation ClampedLeakyReluOf(const ModelConfig& config, double block_gain = 1) {
  return {0.2, config.activation_gain * block_gain, config.conv_clamp * block_gain};
}

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_ACTIVATION_H_
