#include "engine/runtime/devices.h"

#include "engine/runtime/backend_for.h"

namespace sg {

bool IsAvailable(Device device) { return FindBackend(device) != nullptr; }

std::vector<Device> AvailableDevices() {
  std::vector<Device> devices = {Device::Ref(), Device::Cpu()};
  for (int i = 0; IsAvailable(Device::Cuda(i)); ++i) devices.push_back(Device::Cuda(i));
  return devices;
}

Device DefaultDevice() { return IsAvailable(Device::Cuda()) ? Device::Cuda() : Device::Cpu(); }

std::string DescribeDevice(Device device) { return BackendFor(device).Description(); }

bool IsFast(Device device, DType dtype) { return BackendFor(device).IsFast(dtype); }

MemoryStats MemoryStatsOf(Device device) { return BackendFor(device).Stats(); }

void ResetMemoryPeak(Device device) { BackendFor(device).ResetPeak(); }

}  // namespace sg
