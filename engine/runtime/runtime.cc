#include "engine/runtime/runtime.h"

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/plan/plan_backend.h"
#include "engine/backend/ref/ref_backend.h"
#include "engine/base/check.h"

namespace sg {
namespace {

Backend* Find(Device device) {
  switch (device.type) {
    case DeviceType::kRef: return device.index == 0 ? RefBackend() : nullptr;
    case DeviceType::kCpu: return device.index == 0 ? CpuBackend() : nullptr;
    case DeviceType::kCuda: return CudaBackend(device.index);
    case DeviceType::kPlan: return device.index == 0 ? PlanBackend() : nullptr;
  }
  return nullptr;
}

}  // namespace

bool IsAvailable(Device device) { return Find(device) != nullptr; }

Backend& BackendFor(Device device) {
  Backend* backend = Find(device);
  SG_CHECK(backend != nullptr) << "[Runtime] no device " << device << " here";
  return *backend;
}

std::vector<Device> AvailableDevices() {
  std::vector<Device> devices = {Device::Ref(), Device::Cpu()};
  for (int i = 0; IsAvailable(Device::Cuda(i)); ++i) devices.push_back(Device::Cuda(i));
  return devices;
}

Device DefaultDevice() { return IsAvailable(Device::Cuda()) ? Device::Cuda() : Device::Cpu(); }

}  // namespace sg
