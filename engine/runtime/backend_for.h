// The backend of a device, for code that calls kernels: ops, tensors, benchmarks and tests. Models and tools need only
// devices.h.
//
//   BackendFor(t.device()).Fill({t.view(), 0});
#ifndef ENGINE_RUNTIME_BACKEND_FOR_H_
#define ENGINE_RUNTIME_BACKEND_FOR_H_

#include "engine/backend/backend.h"
#include "engine/base/device.h"

namespace sg {

// Aborts, naming the device, if it is not available. The backend lives until the process ends.
Backend& BackendFor(Device device);
// Null if the device is not available.
Backend* FindBackend(Device device);

}  // namespace sg

#endif  // ENGINE_RUNTIME_BACKEND_FOR_H_
