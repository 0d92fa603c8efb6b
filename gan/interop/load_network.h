// The averaged generator of a file of any supported program, for generating images.
//
//   absl::StatusOr<LoadedNetwork> network = LoadNetwork("ffhq.pkl", Device::Cpu());
//   Tensor w = network->pretrained.generator->Map(z);
#ifndef GAN_INTEROP_LOAD_NETWORK_H_
#define GAN_INTEROP_LOAD_NETWORK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "gan/train/pretrained.h"

namespace sg::gan {

struct LoadedNetwork {
  Pretrained pretrained;
  std::vector<std::string> notes;  // sentences for the user: what was assumed or left out
};

// `path` is whatever LoadPretrained takes, a file of another program (import_network.h), or a folder that
// WriteModelFolder made. Errors begin with the path.
absl::StatusOr<LoadedNetwork> LoadNetwork(const std::string& path, Device device);

// The path of the file that a user means: of the model in a folder of WriteModelFolder; otherwise as CheckpointAt.
absl::StatusOr<std::string> NetworkFileAt(const std::string& path);

}  // namespace sg::gan

#endif  // GAN_INTEROP_LOAD_NETWORK_H_
