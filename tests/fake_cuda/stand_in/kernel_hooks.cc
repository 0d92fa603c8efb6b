// The .cu files are compiled with -fsanitize=thread, whose instrumentation calls the functions below before every load
// and store, and linked without its run-time library. A kernel may touch device memory, its own stack, its parameters,
// shared memory and constants. Calls from code outside kernels are ignored; memory.cc catches the faults of such code.
#include <sys/mman.h>

#include <cstdint>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/kernel_context.h"
#include "tests/fake_cuda/stand_in/memory.h"

// Symbols of the linker that bound the program's code and data. Static shared memory is a static variable, so it lies
// between them.
extern "C" {
extern const char __executable_start;
extern const char _end;
}

namespace fake_cuda {
namespace {

struct SharedWord {
  uint64_t block;  // the block that last used it
  RaceWord word;
};

// One word per two bytes of `range`, in pages that are allocated when touched.
SharedWord* MakeSharedWords(const AddressRange& range) {
  const size_t bytes = (range.end - range.begin) / 2 * sizeof(SharedWord) + sizeof(SharedWord);
  void* words = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  FAKE_CUDA_CHECK(words != MAP_FAILED) << "no memory for the race words of shared memory";
  return static_cast<SharedWord*>(words);
}

AddressRange DynamicSharedOf(const KernelContext& kernel) {
  constexpr size_t kMostBytes = size_t{48} << 10;
  return {kernel.dynamic_shared.begin, kernel.dynamic_shared.begin + kMostBytes};
}

void CheckSharedRace(const KernelContext& kernel, SharedWord* words, const char* base, const char* address,
                     size_t bytes, bool written) {
  for (size_t offset = 0; offset < bytes; offset += bytes < 4 ? 2 : 4) {
    SharedWord& shared = words[(address - base + offset) / 2];
    if (shared.block != kernel.block) shared = {kernel.block, RaceWord()};
    const uint32_t other = written ? shared.word.Write(kernel.thread) : shared.word.Read(kernel.thread);
    FAKE_CUDA_CHECK(other == 0) << "data race in shared memory: thread " << kernel.thread.id - kernel.thread.block_begin
                                << " of a block " << (written ? "writes" : "reads") << " what thread "
                                << other - kernel.thread.block_begin << " uses with no __syncthreads between them";
  }
}

}  // namespace

void CheckKernelAccess(const void* address, size_t bytes, size_t alignment, bool written) {
  const KernelContext* kernel = current_kernel;
  if (kernel == nullptr || kernel->stack.Contains(address, bytes)) return;
  const char* at = static_cast<const char*>(address);
  FAKE_CUDA_CHECK(reinterpret_cast<uintptr_t>(address) % alignment == 0)
      << "misaligned access of " << bytes << " bytes at " << Memory::Get().Describe(address);
  if (Memory::Get().IsDevice(address)) {
    Memory::Get().UseFromKernel(address, bytes, written);
    return;
  }
  if (kernel->parameters.Contains(address, bytes)) {
    FAKE_CUDA_CHECK(!written) << "a kernel writes to its parameters";
    return;
  }
  static const AddressRange image = {&__executable_start, &_end};
  if (image.Contains(address, bytes)) {
    static SharedWord* words = MakeSharedWords(image);
    CheckSharedRace(*kernel, words, image.begin, at, bytes, written);
    return;
  }
  const AddressRange shared = DynamicSharedOf(*kernel);
  if (shared.Contains(address, bytes)) {
    FAKE_CUDA_CHECK(kernel->dynamic_shared.Contains(address, bytes))
        << "byte " << at - shared.begin << " of dynamic shared memory, of which the launch has "
        << kernel->dynamic_shared.end - kernel->dynamic_shared.begin << " bytes";
    static SharedWord* words = MakeSharedWords(shared);
    CheckSharedRace(*kernel, words, shared.begin, at, bytes, written);
    return;
  }
  FAKE_CUDA_CHECK(false) << "a kernel " << (written ? "writes" : "reads")
                         << " host memory or outside an allocation: " << Memory::Get().Describe(address);
}

}  // namespace fake_cuda

// The compiler prescribes these names and signatures.
#define FAKE_CUDA_HOOKS(bytes)                                                                                 \
  void __tsan_read##bytes(void* address) { fake_cuda::CheckKernelAccess(address, bytes, bytes, false); }       \
  void __tsan_write##bytes(void* address) { fake_cuda::CheckKernelAccess(address, bytes, bytes, true); }       \
  void __tsan_unaligned_read##bytes(void* address) { fake_cuda::CheckKernelAccess(address, bytes, 1, false); } \
  void __tsan_unaligned_write##bytes(void* address) { fake_cuda::CheckKernelAccess(address, bytes, 1, true); }

extern "C" {
FAKE_CUDA_HOOKS(1)
FAKE_CUDA_HOOKS(2)
FAKE_CUDA_HOOKS(4)
FAKE_CUDA_HOOKS(8)
FAKE_CUDA_HOOKS(16)
void __tsan_read_range(void* address, size_t bytes) { fake_cuda::CheckKernelAccess(address, bytes, 1, false); }
void __tsan_write_range(void* address, size_t bytes) { fake_cuda::CheckKernelAccess(address, bytes, 1, true); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
}
