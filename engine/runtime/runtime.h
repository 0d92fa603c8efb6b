// Which backends this process has.
#ifndef ENGINE_RUNTIME_RUNTIME_H_
#define ENGINE_RUNTIME_RUNTIME_H_

#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/device.h"

namespace sg {

bool IsAvailable(Device device);
// Aborts, naming the device, where it is not available.
Backend& BackendFor(Device device);
// Those that compute: the reference backend first, then the CPU, then every GPU.
std::vector<Device> AvailableDevices();
// A GPU if there is one, else the CPU.
Device DefaultDevice();

}  // namespace sg

#endif  // ENGINE_RUNTIME_RUNTIME_H_
