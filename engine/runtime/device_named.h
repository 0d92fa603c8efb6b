// The device that a user means.
//
//   const absl::optional<Device> device = DeviceNamed("cuda:1");
//   if (!device) return absl::InvalidArgumentError("the device must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\"");
//   if (!IsAvailable(*device)) ...
#ifndef ENGINE_RUNTIME_DEVICE_NAMED_H_
#define ENGINE_RUNTIME_DEVICE_NAMED_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "engine/base/device.h"

namespace sg {

// "auto" is DefaultDevice(), "cuda" the first GPU, and "cuda:N" the GPU of that number, which need not exist. Nothing
// for any other text.
absl::optional<Device> DeviceNamed(absl::string_view text);

}  // namespace sg

#endif  // ENGINE_RUNTIME_DEVICE_NAMED_H_
