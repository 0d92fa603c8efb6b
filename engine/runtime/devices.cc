#include "engine/runtime/devices.h"

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/runtime/backend_for.h"

namespace sg {

bool IsAvailable(Device device) { return FindBackend(device) != nullptr; }

std::vector<Device> AvailableDevices() {
  std::vector<Device> devices = {Device::Ref(), Device::Cpu()};
  for (int i = 0; IsAvailable(Device::Cuda(i)); ++i) devices.push_back(Device::Cuda(i));
  return devices;
}

Device DefaultDevice() { return IsAvailable(Device::Cuda()) ? Device::Cuda() : Device::Cpu(); }

void ConfigureDevice(Device device, const DeviceOptions& options) {
  switch (device.type) {
    case DeviceType::kCpu: return ConfigureCpuBackend(options);
    case DeviceType::kCuda: return ConfigureCudaBackend(device.index, options);
    case DeviceType::kRef:
    case DeviceType::kPlan: return;  // nothing to choose
  }
}

DeviceOptions OptionsOf(Device device) {
  switch (device.type) {
    case DeviceType::kCpu: return CpuBackendOptions();
    case DeviceType::kCuda: return CudaBackendOptions(device.index);
    case DeviceType::kRef:
    case DeviceType::kPlan: return {};
  }
  return {};
}

std::string DescribeDevice(Device device) { return BackendFor(device).Description(); }

bool IsFast(Device device, DType dtype) { return BackendFor(device).IsFast(dtype); }

MemoryStats MemoryStatsOf(Device device) { return BackendFor(device).Stats(); }

void ResetMemoryPeak(Device device) { BackendFor(device).ResetPeak(); }

}  // namespace sg
