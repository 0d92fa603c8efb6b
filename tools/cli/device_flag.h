// --device, --threads and the modes of a GPU, of every tool.
#ifndef TOOLS_CLI_DEVICE_FLAG_H_
#define TOOLS_CLI_DEVICE_FLAG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "tools/cli/program.h"

namespace sg::cli {

inline constexpr char kDeviceHelp[] = "\"auto\", \"cpu\" or \"cuda[:N]\".";
inline constexpr char kThreadsHelp[] = "Threads that compute; 0: as many as cores.";
inline constexpr char kDeterministicHelp[] =
    "On a GPU, take only convolution algorithms that repeat their results bit for bit; the CPU's all do.";
inline constexpr char kTf32Help[] =
    "On a GPU that has it, round f32 operands of convolutions and matrix products to TF32, which is much faster; the "
    "CPU never does.";
inline constexpr char kMemoryCapHelp[] = "MiB that the device's memory pool may take; 0: all there is.";
inline constexpr char kCudaGraphsHelp[] = "Launch each phase of a step on the GPU as one CUDA graph.";

struct DeviceFlags {
  std::string device = "auto";  // a GPU if there is one, else the CPU; or "cpu", "cuda", "cuda:N"
  int threads = 0;              // that compute on the CPU; 0 leaves the default
  bool deterministic = false;   // DeviceOptions::deterministic
  bool tf32 = true;             // DeviceOptions::tf32
  bool cuda_graphs = false;     // DeviceOptions::graphs; an error on the CPU
  int64_t memory_cap_mib = 0;   // DeviceOptions::memory_cap in MiB; 0 leaves the default
};

struct ChosenDevice {
  Device device;
  std::string description;  // one line: the hardware and its modes, and why it was chosen
};

// Puts the flags into force. Errors say what is wrong with a flag, or why there is no such GPU.
absl::StatusOr<ChosenDevice> ChooseDevice(const DeviceFlags& flags);
// Sets the modes of a GPU (deterministic, tf32 and cuda_graphs) and keeps its other options as they are.
void SetGpuModes(Device device, const DeviceFlags& flags);
// Prints such an error; the exit code: a text that is wrong is a usage error, a device that is missing is not.
int DeviceError(const Program& program, const absl::Status& error);

}  // namespace sg::cli

#endif  // TOOLS_CLI_DEVICE_FLAG_H_
