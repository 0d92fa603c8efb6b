// The averaged generator of a file of any supported program, for generating images.
//
//   absl::StatusOr<LoadedNetwork> network = LoadNetwork("ffhq.pkl", Device::Cpu());
//   Tensor w = network->pretrained.generator->Map(z);
#ifndef GAN_INTEROP_LOAD_NETWORK_H_
#define GAN_INTEROP_LOAD_NETWORK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "engine/tensor/tensor.h"
#include "gan/interop/foreign_network.h"
#include "gan/train/pretrained.h"

namespace sg::gan {

struct LoadedNetwork {
  Pretrained pretrained;
  std::vector<std::string> notes;  // sentences for the user: what was assumed or left out
};

// `path` is a checkpoint, a file of another program (import_network.h), or a folder of which NetworkFileAt knows the
// file. Errors begin with the path.
absl::StatusOr<LoadedNetwork> LoadNetwork(const std::string& path, Device device);

// The path of the file that a user means: of the model in a folder of WriteModelFolder; the newest checkpoint of a run,
// or of the last run in a folder of runs (FindLastRun); otherwise `path` itself. Errors are those of CheckpointAt.
absl::StatusOr<std::string> NetworkFileAt(const std::string& path);

// Reads a tensor into one of ours, times `factor`. Rank-4 tensors are [O,I,kH,kW] in the file and [O,kH,kW,I] here; the
// shapes must agree.
absl::Status FillTensor(const ForeignTensor& source, const Tensor& target, double factor = 1);

}  // namespace sg::gan

#endif  // GAN_INTEROP_LOAD_NETWORK_H_
