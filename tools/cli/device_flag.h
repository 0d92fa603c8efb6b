// --device, --threads, --memory-cap, --deterministic and --tf32, which several tools share. A program that links this
// has the flags.
//
//   absl::StatusOr<ChosenDevice> chosen = ChooseDevice(DeviceFlagsGiven());
//   if (!chosen.ok()) return DeviceError(program, chosen.status());
#ifndef TOOLS_CLI_DEVICE_FLAG_H_
#define TOOLS_CLI_DEVICE_FLAG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "tools/cli/program.h"

namespace sg::cli {

struct DeviceFlags {
  std::string device = "auto";  // a GPU if there is one, else the CPU; or "cpu", "cuda", "cuda:N"
  int threads = 0;              // threads that compute on the CPU; 0 leaves the default
  bool deterministic = false;   // DeviceOptions::deterministic
  bool tf32 = true;             // DeviceOptions::tf32
  bool cuda_graphs = false;     // DeviceOptions::graphs; an error on the CPU
  int64_t memory_cap_mib = 0;   // DeviceOptions::memory_cap in MiB; 0 leaves the default
};

// The values on the command line. `cuda_graphs` is false; its flag is in cuda_graphs_flag.h.
DeviceFlags DeviceFlagsGiven();

struct ChosenDevice {
  Device device;
  std::string description;  // one line: the hardware, its modes, and the reason for the choice
};

// Configures the devices by the flags and returns the one to use. InvalidArgument for a wrong flag, Unavailable with
// the reason for a GPU that is missing.
absl::StatusOr<ChosenDevice> ChooseDevice(const DeviceFlags& flags);
// Sets the modes of a GPU: deterministic, tf32 and cuda_graphs. Keeps its other options.
void SetGpuModes(Device device, const DeviceFlags& flags);
// Prints an error of ChooseDevice. Returns the exit code: a usage error, or a runtime error for a missing GPU.
int DeviceError(const Program& program, const absl::Status& error);

}  // namespace sg::cli

#endif  // TOOLS_CLI_DEVICE_FLAG_H_
