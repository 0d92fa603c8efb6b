// The failure that a backend in host memory reports when the system has no more of it.
//
//   FailDevice(OutOfHostMemory("[Pool]", bytes, Stats(), "0.5 MiB in scratch", reserved));
#ifndef ENGINE_BACKEND_COMMON_HOST_MEMORY_H_
#define ENGINE_BACKEND_COMMON_HOST_MEMORY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/device_failure.h"
#include "engine/base/memory_stats.h"

namespace sg {

struct HostMemory {
  int64_t available_bytes = 0;  // what this process can still get, by the kernel's estimate and by the limit
  int64_t limit_bytes = 0;      // of the address space of this process (ulimit -v); 0: none
};
HostMemory HostMemoryNow();

// The failure of an allocation of `bytes`, which is recoverable. The message begins with `prefix` and says how much was
// asked for, what is in use, and what is left. `more` lists other uses, or is empty. `reserved_bytes` are those that
// tensors have, or could have without a request to the system.
DeviceFailure OutOfHostMemory(absl::string_view prefix, uint64_t bytes, const MemoryStats& stats,
                              absl::string_view more, int64_t reserved_bytes);

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_HOST_MEMORY_H_
