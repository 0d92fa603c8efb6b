// The device that holds a tensor and runs its operations.
//
//   const Tensor x = Tensor::Zeros({2, 3}, DType::kF32, Device::Cuda(1));
#ifndef ENGINE_BASE_DEVICE_H_
#define ENGINE_BASE_DEVICE_H_

#include <cstdint>
#include <ostream>

namespace sg {

enum class DeviceType : uint8_t {
  kRef,   // naive loops, every float type: the executable specification
  kCpu,   // oneDNN and OpenMP
  kCuda,  // cuDNN, cuBLAS, cuRAND and our kernels
  kPlan,  // counts memory and computes nothing
};

struct Device {
  DeviceType type = DeviceType::kCpu;
  int index = 0;  // which GPU; 0 elsewhere

  static constexpr Device Ref() { return {DeviceType::kRef, 0}; }
  static constexpr Device Cpu() { return {DeviceType::kCpu, 0}; }
  static constexpr Device Cuda(int index = 0) { return {DeviceType::kCuda, index}; }
  static constexpr Device Plan() { return {DeviceType::kPlan, 0}; }

  friend constexpr bool operator==(Device a, Device b) { return a.type == b.type && a.index == b.index; }
  friend constexpr bool operator!=(Device a, Device b) { return !(a == b); }
};

const char* Name(DeviceType type);                          // "ref", "cpu", "cuda", "plan"
std::ostream& operator<<(std::ostream& os, Device device);  // "cpu", "cuda:1"

}  // namespace sg

#endif  // ENGINE_BASE_DEVICE_H_
