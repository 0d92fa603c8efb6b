// The memory use of a device, as its backend counts it.
#ifndef ENGINE_BASE_MEMORY_STATS_H_
#define ENGINE_BASE_MEMORY_STATS_H_

#include <cstdint>

namespace sg {

// The bytes and the numbers of buffers in the pool of one backend.
struct MemoryStats {
  int64_t live_bytes = 0;      // handed out and not returned
  int64_t peak_bytes = 0;      // highest live_bytes since the last ResetPeak
  int64_t reserved_bytes = 0;  // held from the system
  // Memory that kernels hold. live_bytes excludes it. Both are maxima since the last ResetPeak.
  int64_t peak_scratch_bytes = 0;  // scratch, workspaces, tables
  int64_t peak_packed_bytes = 0;   // copies of weights in the layouts that kernels prefer
  int64_t live_buffers = 0;
  int64_t allocations = 0;         // calls of Allocate, ever
  int64_t system_allocations = 0;  // requests for memory from the system, ever
};

}  // namespace sg

#endif  // ENGINE_BASE_MEMORY_STATS_H_
