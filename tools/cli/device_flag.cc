#include "tools/cli/device_flag.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/runtime/runtime.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"

namespace sg::cli {
namespace {

constexpr int kMaxThreads = 1024;

}  // namespace

absl::StatusOr<ChosenDevice> ChooseDevice(absl::string_view text, int threads) {
  if (threads < 0 || threads > kMaxThreads) {
    return absl::InvalidArgumentError(absl::StrCat("--threads is ", threads, ", must be from 0 to ", kMaxThreads));
  }
  ChosenDevice chosen;
  std::string reason;
  absl::string_view index = text;
  int number = 0;
  if (text == "auto") {
    chosen.device = DefaultDevice();
    if (chosen.device.type == DeviceType::kCpu) reason = " (no CUDA device found)";
  } else if (text == "cpu") {
    chosen.device = Device::Cpu();
  } else if (text == "cuda" ||
             (absl::ConsumePrefix(&index, "cuda:") && absl::SimpleAtoi(index, &number) && number >= 0)) {
    chosen.device = Device::Cuda(number);
    if (!IsAvailable(chosen.device)) {
      return absl::UnavailableError(absl::StrCat(
          "--device=", text, ": there is no such GPU, no driver, or no CUDA in this build; --device=cpu works"));
    }
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("--device is \"", text, "\", must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\""));
  }
  if (threads > 0) SetCpuThreads(threads);
  chosen.description = BackendFor(chosen.device).Description() + reason;
  return chosen;
}

absl::Status UseCudaGraphs(Device device) {
  if (device.type != DeviceType::kCuda) {
    return absl::InvalidArgumentError(
        absl::StrCat("--cuda-graphs is for a GPU, and the device is ", Name(device.type)));
  }
  CudaOptions options;
  options.graphs = true;
  SetCudaOptions(options);
  return absl::OkStatus();
}

int DeviceError(const Program& program, const absl::Status& error) {
  return error.code() == absl::StatusCode::kUnavailable ? Fail(program, kExitRuntimeError, error)
                                                        : UsageError(program, error.message());
}

}  // namespace sg::cli
