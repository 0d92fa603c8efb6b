// --network and --class, which the tools share that run a trained generator. A program that links this has the flags.
//
//   const OpenedNetwork opened = OpenNetwork(program);
//   if (opened.exit_code) return *opened.exit_code;
//   const absl::Status fits = ResolveClass(opened.network, parsed.Given("class"));
//   if (!fits.ok()) return UsageError(program, fits.message());
#ifndef TOOLS_CLI_NETWORK_FLAGS_H_
#define TOOLS_CLI_NETWORK_FLAGS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "engine/base/device.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"
#include "gan/train/pretrained.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/program.h"

namespace sg::cli {

struct OpenedNetwork {
  absl::optional<int> exit_code;  // set: an error has been printed, and main returns it
  gan::Pretrained network;
  ChosenDevice chosen;
};

// Chooses the device, loads what --network names onto it, and prints on stderr what was assumed about the file.
// Without --network it is a usage error. Check all other flags before.
OpenedNetwork OpenNetwork(const Program& program);

// Turns the name of a class in --class into its number, which the flag has from here on. A text that is a number is the
// number, whatever the names are. InvalidArgument, with the classes, if it does not fit the network: `given` tells that
// it is on the command line.
absl::Status ResolveClass(const gan::Pretrained& network, bool given);
// The number of the class; -1 if --class is not given. Requires ResolveClass.
int ClassGiven();
// The labels [count,label_dim] of images of --class; undefined if the model has none.
Tensor LabelsGiven(const gan::ModelConfig& model, int64_t count, Device device);

}  // namespace sg::cli

#endif  // TOOLS_CLI_NETWORK_FLAGS_H_
