// The running thread of a kernel, and the memory that it may touch besides device memory. Null if no kernel runs.
#ifndef TESTS_FAKE_CUDA_STAND_IN_KERNEL_CONTEXT_H_
#define TESTS_FAKE_CUDA_STAND_IN_KERNEL_CONTEXT_H_

#include <cstddef>
#include <cstdint>

#include "tests/fake_cuda/stand_in/race.h"

namespace fake_cuda {

struct AddressRange {
  const char* begin = nullptr;
  const char* end = nullptr;

  bool Contains(const void* address, size_t bytes) const {
    return begin <= static_cast<const char*>(address) && static_cast<const char*>(address) + bytes <= end;
  }
};

struct KernelContext {
  const char* name;
  uint32_t launch = 0;  // its number
  uint64_t block = 0;   // its number in the process, because shared memory belongs to one block
  RaceThread thread;
  AddressRange stack;
  AddressRange parameters;
  AddressRange dynamic_shared;
};

extern thread_local KernelContext* current_kernel;

// Checks a load or store of a kernel. Called by the instrumentation of the .cu files, see kernel_hooks.cc.
void CheckKernelAccess(const void* address, size_t bytes, size_t alignment, bool written);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_KERNEL_CONTEXT_H_
