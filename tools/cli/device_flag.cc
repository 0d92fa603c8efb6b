#include "tools/cli/device_flag.h"

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device_options.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/device_named.h"
#include "engine/runtime/devices.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"

ABSL_FLAG(std::string, device, "auto", "\"auto\", \"cpu\" or \"cuda[:N]\".");
ABSL_FLAG(int, threads, 0, "Threads that compute. 0 takes as many as there are cores.");
ABSL_FLAG(int64_t, memory_cap, 0, "MiB that the device's memory pool may take. 0 takes all there is.");
ABSL_FLAG(bool, deterministic, false,
          "On a GPU, use only convolution algorithms that repeat their results bit for bit. The CPU always does.");
ABSL_FLAG(bool, tf32, true,
          "On a GPU that has it, round the f32 operands of convolutions and matrix products to TF32, which is much "
          "faster. The CPU never does.");

namespace sg::cli {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int64_t kMaxMemoryCapMiB = int64_t{1} << 26;  // 64 TiB

}  // namespace

DeviceFlags DeviceFlagsGiven() {
  DeviceFlags flags;
  flags.device = absl::GetFlag(FLAGS_device);
  flags.threads = absl::GetFlag(FLAGS_threads);
  flags.memory_cap_mib = absl::GetFlag(FLAGS_memory_cap);
  flags.deterministic = absl::GetFlag(FLAGS_deterministic);
  flags.tf32 = absl::GetFlag(FLAGS_tf32);
  return flags;
}

absl::StatusOr<ChosenDevice> ChooseDevice(const DeviceFlags& flags) {
  if (flags.threads < 0 || flags.threads > kMaxThreads) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads is ", flags.threads, ", must be from 0 to ", kMaxThreads));
  }
  if (flags.memory_cap_mib < 0 || flags.memory_cap_mib > kMaxMemoryCapMiB) {
    return absl::InvalidArgumentError(
        absl::StrCat("--memory-cap is ", flags.memory_cap_mib, ", must be from 0 to ", kMaxMemoryCapMiB));
  }
  const absl::optional<Device> named = DeviceNamed(flags.device);
  if (!named) {
    return absl::InvalidArgumentError(
        absl::StrCat("--device is \"", flags.device, "\", must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\""));
  }
  if (!IsAvailable(*named)) {
    return absl::UnavailableError(
        absl::StrCat("--device=", flags.device, ": ", CudaUnavailableReason(named->index), "; --device=cpu works"));
  }
  ChosenDevice chosen;
  chosen.device = *named;
  const bool found_no_gpu = flags.device == "auto" && named->type == DeviceType::kCpu;
  const std::string reason =
      found_no_gpu ? absl::StrCat(" (no CUDA device: ", CudaUnavailableReason(0), ")") : std::string();
  if (flags.cuda_graphs && chosen.device.type != DeviceType::kCuda) {
    return absl::InvalidArgumentError(
        absl::StrCat("--cuda-graphs is for a GPU, and the device is ", Name(chosen.device.type)));
  }
  if (flags.threads > 0) {
    DeviceOptions options = OptionsOf(Device::Cpu());
    options.threads = flags.threads;
    ConfigureDevice(Device::Cpu(), options);
  }
  if (flags.memory_cap_mib > 0) {
    DeviceOptions options = OptionsOf(chosen.device);
    options.memory_cap = flags.memory_cap_mib << 20;
    ConfigureDevice(chosen.device, options);
  }
  // With default flags, the modes of the device stay as they are.
  if (flags.deterministic || !flags.tf32 || flags.cuda_graphs) SetGpuModes(chosen.device, flags);
  chosen.description = BackendFor(chosen.device).Description() + reason;
  return chosen;
}

void SetGpuModes(Device device, const DeviceFlags& flags) {
  DeviceOptions options = OptionsOf(device);
  options.deterministic = flags.deterministic;
  options.tf32 = flags.tf32;
  options.graphs = flags.cuda_graphs;
  ConfigureDevice(device, options);
}

int DeviceError(const Program& program, const absl::Status& error) {
  return error.code() == absl::StatusCode::kUnavailable ? Fail(program, kExitRuntimeError, error)
                                                        : UsageError(program, error.message());
}

}  // namespace sg::cli
