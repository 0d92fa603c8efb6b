#include "engine/base/device.h"

namespace sg {

const char* Name(DeviceType type) {
  switch (type) {
    case DeviceType::kRef: return "ref";
    case DeviceType::kCpu: return "cpu";
    case DeviceType::kCuda: return "cuda";
    case DeviceType::kPlan: return "plan";
  }
  return "?";
}

std::ostream& operator<<(std::ostream& os, Device device) {
  os << Name(device.type);
  if (device.type == DeviceType::kCuda) os << ":" << device.index;
  return os;
}

}  // namespace sg
