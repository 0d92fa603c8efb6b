// Our configuration of a network of another program.
//
//   absl::StatusOr<ModelConfig> model = ModelConfigOf(*foreign.average);
#ifndef GAN_INTEROP_MODEL_CONFIG_OF_H_
#define GAN_INTEROP_MODEL_CONFIG_OF_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// The official model with the sizes and switches of the network, without noise_const. FailedPrecondition says what our
// model cannot represent: "its generator has the channels 64, 32, 64, which are not ...".
absl::StatusOr<ModelConfig> ModelConfigOf(const ForeignGenerator& generator);

// Adds what the discriminator says. FailedPrecondition unless it has the generator's channels, labels and conv_clamp,
// for which our model has one switch, and a form that our model can represent. *model is then as before.
absl::Status AddDiscriminator(const ForeignDiscriminator& discriminator, ModelConfig* model);

// Whether a ForeignNetwork can represent the model, which is then one of the preset "official" apart from sizes and the
// switches that a ForeignNetwork has. The error names the first switch that differs: "latent_norm is not \"rms\"".
absl::Status CheckOfficial(const ModelConfig& model);

// The configuration of a training with that model: the preset "official" with a batch that fits.
TrainConfig TrainConfigOf(const ModelConfig& model);

}  // namespace sg::gan

#endif  // GAN_INTEROP_MODEL_CONFIG_OF_H_
