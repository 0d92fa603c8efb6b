// Loads the averaged generator of a checkpoint, for generating images.
//
//   absl::StatusOr<Pretrained> network = LoadPretrained("training-runs/00003-quick", Device::Cpu());
//   Tensor w = network->generator->Map(z);
#ifndef GAN_TRAIN_PRETRAINED_H_
#define GAN_TRAIN_PRETRAINED_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/model/network.h"

namespace sg::gan {

struct Pretrained {
  std::string path;  // of the checkpoint
  TrainConfig config;
  std::shared_ptr<GeneratorNetwork> generator;
  Tensor latent_average;  // [d]
};

// `path` is a checkpoint, or the folder of a run, whose newest checkpoint is then loaded.
absl::StatusOr<Pretrained> LoadPretrained(const std::string& path, Device device);

}  // namespace sg::gan

#endif  // GAN_TRAIN_PRETRAINED_H_
