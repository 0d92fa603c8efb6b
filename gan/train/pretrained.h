// Loads the averaged generator of a checkpoint, for generating images.
//
//   absl::StatusOr<Pretrained> network = LoadPretrained("training-runs/00003-quick", Device::Cpu());
//   Tensor w = network->generator->Map(z);
#ifndef GAN_TRAIN_PRETRAINED_H_
#define GAN_TRAIN_PRETRAINED_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/model/network.h"

namespace sg::gan {

struct Pretrained {
  std::string path;  // of the checkpoint
  TrainConfig config;
  std::shared_ptr<GeneratorNetwork> generator;
  Tensor latent_average;  // [d]
  // Whether config.data is what the network was trained on; empty stands for the bundled emoji. A file that was made to
  // be shared, or by another program, does not tell.
  bool knows_data = false;
  std::vector<std::string> class_names;  // one for each element of a label; empty if the file does not tell
};

// `path` is a checkpoint, or the folder of a run, whose newest checkpoint is then loaded.
absl::StatusOr<Pretrained> LoadPretrained(const std::string& path, Device device);

}  // namespace sg::gan

#endif  // GAN_TRAIN_PRETRAINED_H_
