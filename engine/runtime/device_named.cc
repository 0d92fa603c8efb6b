#include "engine/runtime/device_named.h"

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "engine/runtime/devices.h"

namespace sg {

absl::optional<Device> DeviceNamed(absl::string_view text) {
  if (text == "auto") return DefaultDevice();
  if (text == "cpu") return Device::Cpu();
  if (text == "cuda") return Device::Cuda();
  int number = 0;
  if (absl::ConsumePrefix(&text, "cuda:") && absl::SimpleAtoi(text, &number) && number >= 0) {
    return Device::Cuda(number);
  }
  return absl::nullopt;
}

}  // namespace sg
