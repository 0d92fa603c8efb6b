// The devices of this process, their options, and their memory use.
//
//   const Device device = DefaultDevice();
//   std::cout << DescribeDevice(device) << "\n";  // "cpu: 2 threads, AVX-512, oneDNN 2.6.3"
#ifndef ENGINE_RUNTIME_DEVICES_H_
#define ENGINE_RUNTIME_DEVICES_H_

#include <string>
#include <vector>

#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/base/dtype.h"
#include "engine/base/memory_stats.h"

namespace sg {

bool IsAvailable(Device device);
// The devices that compute: the reference backend first, then the CPU, then every GPU.
std::vector<Device> AvailableDevices();
// A GPU if there is one, else the CPU.
Device DefaultDevice();

// Sets the options of a device, from its next operation on. The device may be unused yet, or a GPU that does not exist.
// No other thread may use the device meanwhile.
//
//   DeviceOptions options = OptionsOf(device);
//   options.memory_cap = int64_t{8} << 30;
//   ConfigureDevice(device, options);
void ConfigureDevice(Device device, const DeviceOptions& options);
// The options in force. Those that the device ignores have their defaults; `threads` is the number in use.
DeviceOptions OptionsOf(Device device);

// The functions below abort, naming the device, if it is not available.

// One line: hardware, instruction set, threads, library versions.
std::string DescribeDevice(Device device);
// Whether the hardware computes convolutions and matrix products of this dtype. If not, they are computed in f32.
bool IsFast(Device device, DType dtype);
MemoryStats MemoryStatsOf(Device device);
void ResetMemoryPeak(Device device);

}  // namespace sg

#endif  // ENGINE_RUNTIME_DEVICES_H_
