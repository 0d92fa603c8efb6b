// Our configuration of a network of another program.
//
//   absl::StatusOr<ModelConfig> model = ModelConfigOf(*foreign.average, foreign.discriminator, {});
#ifndef GAN_INTEROP_MODEL_CONFIG_OF_H_
#define GAN_INTEROP_MODEL_CONFIG_OF_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

struct ImportOptions {
  // Takes a network that clamps its activations as if it did not. Pictures differ only where an activation exceeds the
  // limit, which is 256 in NVIDIA's networks.
  bool ignore_clamp = false;
};

// The official model with the sizes of the network. FailedPrecondition names every switch of the network that our model
// lacks: "it needs label_dim = 10 and conv_clamp = 256, which this program does not have".
absl::StatusOr<ModelConfig> ModelConfigOf(const ForeignGenerator& generator, const ImportOptions& options);

// Adds what the discriminator says. It must have the generator's channels; errors are of the same form.
absl::Status AddDiscriminator(const ForeignDiscriminator& discriminator, const ImportOptions& options,
                              ModelConfig* model);

// Whether a model has the switches of the preset "official", in which the names of foreign_network.h are. The error
// names the first that differs: "latent_norm is not \"rms\"".
absl::Status CheckOfficial(const ModelConfig& model);

// The configuration of a training with that model: the preset "official" with a batch that fits.
TrainConfig TrainConfigOf(const ModelConfig& model);

}  // namespace sg::gan

#endif  // GAN_INTEROP_MODEL_CONFIG_OF_H_
