// A network from a file of any program, as our configuration and our tensors.
#ifndef GAN_INTEROP_IMPORTED_NETWORK_H_
#define GAN_INTEROP_IMPORTED_NETWORK_H_

#include <string>
#include <vector>

#include "gan/config/config.h"
#include "gan/interop/foreign_network.h"

namespace sg::gan {

// Prefixes of the tensors of an ImportedNetwork. The first three are those of a checkpoint.
constexpr char kAveragePrefix[] = "ema.";
constexpr char kDiscriminatorPrefix[] = "discriminator.";
constexpr char kLatentAverageName[] = "ema.latent_average";
// Of the mapping network's weights as another program stores them, divided by mapping_lr_mul = 0.01. Multiplying them
// rounds, so they are kept for the way back: "stored.ema.mapping_network.net.0.weight.weight".
constexpr char kStoredPrefix[] = "stored.";
// Of the maps of constant noise, "noise_const.ema.0" ..., each [size,size].
constexpr char kNoiseConstPrefix[] = "noise_const.";
constexpr double kMappingLrMul = 0.01;

struct ImportedNetwork {
  std::string path;    // of the file
  std::string origin;  // "NVIDIA's PyTorch code", "this program"
  TrainConfig config;
  // By name: the averaged generator under "ema.", with its latent average; perhaps the trained one under "generator."
  // and "mapping_network.", and the discriminator. Shapes are those of our files.
  ForeignTensors tensors;
  std::vector<std::string> notes;  // sentences for the user
};

}  // namespace sg::gan

#endif  // GAN_INTEROP_IMPORTED_NETWORK_H_
