// A network from a file of any program, as our configuration and our tensors.
#ifndef GAN_INTEROP_IMPORTED_NETWORK_H_
#define GAN_INTEROP_IMPORTED_NETWORK_H_

#include <optional>
#include <string>
#include <vector>

#include "gan/config/config.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// Prefixes of the tensors of an ImportedNetwork. The first three are those of a checkpoint.
constexpr char kAveragePrefix[] = "ema.";
constexpr char kDiscriminatorPrefix[] = "discriminator.";
constexpr char kLatentAverageName[] = "ema.latent_average";

struct ImportedNetwork {
  std::string path;    // of the file
  std::string origin;  // "NVIDIA's PyTorch code", "this program"
  TrainConfig config;
  // By name: the averaged generator under "ema.", with its latent average; perhaps the trained one under "generator."
  // and "mapping_network.", and the discriminator. Shapes are those of our files.
  ForeignTensors tensors;
  // The probability of adaptive augmentation that its training had reached, if the file tells. NVIDIA's may exceed 1.
  std::optional<double> augment_p;
  std::vector<std::string> notes;  // sentences for the user
};

}  // namespace sg::gan

#endif  // GAN_INTEROP_IMPORTED_NETWORK_H_
