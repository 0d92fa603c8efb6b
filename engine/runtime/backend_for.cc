#include "engine/runtime/backend_for.h"

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/plan/plan_backend.h"
#include "engine/backend/ref/ref_backend.h"
#include "engine/base/check.h"

namespace sg {

Backend* FindBackend(Device device) {
  switch (device.type) {
    case DeviceType::kRef: return device.index == 0 ? RefBackend() : nullptr;
    case DeviceType::kCpu: return device.index == 0 ? CpuBackend() : nullptr;
    case DeviceType::kCuda: return CudaBackend(device.index);
    case DeviceType::kPlan: return device.index == 0 ? PlanBackend() : nullptr;
  }
  return nullptr;
}

Backend& BackendFor(Device device) {
  Backend* backend = FindBackend(device);
  SG_CHECK(backend != nullptr) << "[Runtime] no device " << device << " here";
  return *backend;
}

}  // namespace sg
