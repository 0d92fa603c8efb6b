// --device and --threads of every tool.
#ifndef TOOLS_CLI_DEVICE_FLAG_H_
#define TOOLS_CLI_DEVICE_FLAG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/device.h"
#include "tools/cli/program.h"

namespace sg::cli {

struct ChosenDevice {
  Device device;
  std::string description;  // one line: the hardware and why it was chosen
};

// "auto" (a GPU if there is one, else the CPU), "cpu", "cuda" or "cuda:N". `threads` computing threads on the CPU, 0 leaving
// the default. Errors say what is wrong with the text or what is missing.
absl::StatusOr<ChosenDevice> ChooseDevice(absl::string_view text, int threads);
// What --cuda-graphs asks for: from now on the phases of a training step are CUDA graphs. InvalidArgument where the device is no
// GPU.
absl::Status UseCudaGraphs(Device device);
// Prints such an error; the exit code: a text that is wrong is a usage error, a device that is missing is not.
int DeviceError(const Program& program, const absl::Status& error);

}  // namespace sg::cli

#endif  // TOOLS_CLI_DEVICE_FLAG_H_
