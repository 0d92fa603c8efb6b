// How a device computes. ConfigureDevice (engine/runtime/devices.h) puts options into force. A device ignores those for
// another kind of device.
#ifndef ENGINE_BASE_DEVICE_OPTIONS_H_
#define ENGINE_BASE_DEVICE_OPTIONS_H_

#include <cstdint>

namespace sg {

struct DeviceOptions {
  // CPU and GPUs: bytes that the memory pool may reserve from now on; 0: all that there is. What the pool has already
  // reserved, it keeps.
  int64_t memory_cap = 0;

  // CPU: threads of the kernels. 0: as many as OMP_NUM_THREADS says, or else as many as there are usable cores. Results
  // are bitwise repeatable for a fixed number.
  int threads = 0;

  // GPUs: round the operands of f32 convolutions and matrix products to 10 bits of mantissa, if there are tensor cores
  // for it.
  bool tf32 = true;
  // GPUs: convolutions use only kernels of cuDNN that repeat their results bit for bit. Otherwise they use those that
  // its heuristics prefer. Everything else is always deterministic.
  bool deterministic = false;
  // GPUs: launch the work between BeginStep and EndStep as one CUDA graph, from the second use of a key on. CopyToHost
  // and Synchronize between the two then end the process, also in the first use. Needs cache_memory.
  bool graphs = false;
  // GPUs: false makes every buffer an allocation, for compute-sanitizer. Read when the backend of the GPU is made.
  bool cache_memory = true;
};

}  // namespace sg

#endif  // ENGINE_BASE_DEVICE_OPTIONS_H_
