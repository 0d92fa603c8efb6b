// Device memory and pinned host memory: two reserved ranges of addresses. Device pages are inaccessible except while an
// operation that uses them runs, so host code that dereferences a device pointer faults. Pinned pages are inaccessible,
// or read-only, from the moment an asynchronous copy uses them until the host has waited for it.
//
// Every access of an operation is checked. It must lie within a live allocation, and all operations of other streams on
// the same bytes (in granules of 256) must be known to have finished. An address is never handed out twice, so every
// use of freed memory is seen. New memory is full of NaNs.
#ifndef TESTS_FAKE_CUDA_STAND_IN_MEMORY_H_
#define TESTS_FAKE_CUDA_STAND_IN_MEMORY_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fake_cuda/stand_in/clock.h"
#include "tests/fake_cuda/stand_in/race.h"

namespace fake_cuda {

enum class MemoryKind : uint8_t { kDevice, kPinned };

constexpr size_t kGranuleBytes = 256;
// Memory is opened to an operation in pieces of this size, because a pool's segments are large and each operation uses
// little of them.
constexpr size_t kChunkBytes = size_t{64} << 10;

struct Granule {
  Epoch write;
  Epoch reads[2];         // the last ones, of two streams
  uint32_t raced_launch;  // the launch whose accesses the race words describe
};

struct FreeDeleter {
  void operator()(void* data) const { std::free(data); }
};

struct Allocation {
  char* data = nullptr;
  size_t bytes = 0;
  size_t page_bytes = 0;
  MemoryKind kind = MemoryKind::kDevice;
  int64_t number = 0;  // counted from 1
  bool freed = false;
  std::vector<uint32_t> opened_by;  // for each chunk, the last operation that opened it
  std::unique_ptr<Granule[], FreeDeleter> granules;
  std::unique_ptr<RaceWord[], FreeDeleter>
      race_words;  // one for every two bytes, made when a kernel first touches them
};

// Memory that an operation reads or writes, and its name in messages.
struct Operand {
  const void* data;
  size_t bytes;
  bool written;
  const char* name;
};

class Memory {
 public:
  static Memory& Get();

  // The lock of call.h is held in all of these.
  void* Allocate(MemoryKind kind, size_t bytes);
  // Fails unless `data` is what Allocate returned for this kind. The caller has checked the order.
  void Release(MemoryKind kind, void* data);
  // Null for memory that is not ours.
  Allocation* Find(const void* address);
  bool IsDevice(const void* address) const;
  bool IsPinned(const void* address) const;
  // "byte 12 of allocation 3 (256 bytes, freed)".
  std::string Describe(const void* address);

  // Between Begin and End, memory passed to Use is accessible. `finished` covers what the operation may rely on.
  void Begin(Epoch now, const Clock& finished);
  void Use(const Operand& operand);
  void End();
  // An access of a kernel, between Begin and End.
  void UseFromKernel(const void* address, size_t bytes, bool written);

  // The operations that the host has waited for.
  Clock& host_clock() { return host_clock_; }

  std::vector<const Allocation*> Live() const;

 private:
  Memory();
  static void OnFault(int signal, siginfo_t* info, void* context);

  Allocation* FindLive(const void* address, size_t bytes, bool written, const char* name);
  void CheckOrder(Allocation& allocation, const void* address, size_t bytes, bool written);
  void CheckRace(Allocation& allocation, const void* address, size_t bytes, bool written);
  void Open(Allocation& allocation, const void* address, size_t bytes);
  void UseFromHost(char* address, bool written);

  struct Range {
    char* base = nullptr;
    char* next = nullptr;
    uint32_t* owners = nullptr;  // of each page: index in allocations_, plus one
  };
  Range& RangeOf(MemoryKind kind) { return kind == MemoryKind::kDevice ? device_ : pinned_; }

  Range device_, pinned_;
  std::vector<std::unique_ptr<Allocation>> allocations_;
  Clock host_clock_;

  Epoch now_;
  const Clock* finished_ = nullptr;
  uint32_t operation_ = 0;
  std::vector<std::pair<char*, size_t>> opened_;
  std::vector<Operand> pinned_uses_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_MEMORY_H_
