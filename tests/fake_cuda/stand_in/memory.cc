#include "tests/fake_cuda/stand_in/memory.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <sstream>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/kernel_context.h"

namespace fake_cuda {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kReservedBytes = size_t{1} << 38;  // of addresses, for each kind
constexpr int kFreshByte = 0xff;                    // a NaN in every floating type

struct sigaction previous_action;

char* Reserve(size_t bytes, int protection) {
  void* base = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  FAKE_CUDA_CHECK(base != MAP_FAILED) << "cannot reserve " << bytes << " bytes of addresses";
  return static_cast<char*>(base);
}

void Protect(const void* begin, const void* end, int protection) {
  const uintptr_t first = reinterpret_cast<uintptr_t>(begin) & ~(kPageBytes - 1);
  const uintptr_t last = (reinterpret_cast<uintptr_t>(end) + kPageBytes - 1) & ~(kPageBytes - 1);
  FAKE_CUDA_CHECK(mprotect(reinterpret_cast<void*>(first), last - first, protection) == 0)
      << "mprotect: " << std::strerror(errno);
}

template <typename T>
std::unique_ptr<T[], FreeDeleter> Zeroed(size_t count) {
  return std::unique_ptr<T[], FreeDeleter>(static_cast<T*>(std::calloc(count, sizeof(T))));
}

size_t GranuleAt(const Allocation& allocation, const void* address) {
  return (static_cast<const char*>(address) - allocation.data) / kGranuleBytes;
}

}  // namespace

Memory& Memory::Get() {
  static Memory& memory = *new Memory;  // outlives the program's exit handlers
  return memory;
}

Memory::Memory() {
  for (Range* range : {&device_, &pinned_}) {
    range->base = range->next = Reserve(kReservedBytes, PROT_NONE);
    range->owners =
        reinterpret_cast<uint32_t*>(Reserve(kReservedBytes / kPageBytes * sizeof(uint32_t), PROT_READ | PROT_WRITE));
  }
  // The handler needs its own stack, because a kernel's stack may have overflowed.
  stack_t stack{};
  stack.ss_size = size_t{256} << 10;
  stack.ss_sp = Reserve(stack.ss_size, PROT_READ | PROT_WRITE);
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &Memory::OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &previous_action);
}

bool Memory::IsDevice(const void* address) const {
  const char* a = static_cast<const char*>(address);
  return device_.base <= a && a < device_.base + kReservedBytes;
}

bool Memory::IsPinned(const void* address) const {
  const char* a = static_cast<const char*>(address);
  return pinned_.base <= a && a < pinned_.base + kReservedBytes;
}

Allocation* Memory::Find(const void* address) {
  if (!IsDevice(address) && !IsPinned(address)) return nullptr;
  const Range& range = IsDevice(address) ? device_ : pinned_;
  const uint32_t owner = range.owners[(static_cast<const char*>(address) - range.base) / kPageBytes];
  return owner == 0 ? nullptr : allocations_[owner - 1].get();
}

std::string Memory::Describe(const void* address) {
  std::ostringstream text;
  text << address;
  const Allocation* allocation = Find(address);
  if (allocation == nullptr) {
    text << (IsDevice(address)   ? " (device memory that was never allocated)"
             : IsPinned(address) ? " (pinned memory that was never allocated)"
                                 : " (neither device nor pinned memory)");
    return text.str();
  }
  text << " (byte " << static_cast<const char*>(address) - allocation->data << " of "
       << (allocation->kind == MemoryKind::kDevice ? "device" : "pinned") << " allocation " << allocation->number
       << ", " << allocation->bytes << " bytes" << (allocation->freed ? ", freed" : "") << ")";
  return text.str();
}

void* Memory::Allocate(MemoryKind kind, size_t bytes) {
  Range& range = RangeOf(kind);
  auto allocation = std::make_unique<Allocation>();
  allocation->page_bytes = std::max<size_t>((bytes + kPageBytes - 1) / kPageBytes, 1) * kPageBytes;
  // An unused guard page follows each allocation.
  const size_t taken = allocation->page_bytes + kPageBytes;
  FAKE_CUDA_CHECK(range.next + taken <= range.base + kReservedBytes) << "the stand-in has no more addresses";
  allocation->data = range.next;
  range.next += taken;
  allocation->bytes = bytes;
  allocation->kind = kind;
  allocation->number = static_cast<int64_t>(allocations_.size()) + 1;
  allocation->opened_by.resize((allocation->page_bytes + kChunkBytes - 1) / kChunkBytes);
  allocation->granules = Zeroed<Granule>(allocation->page_bytes / kGranuleBytes);
  const size_t first_page = (allocation->data - range.base) / kPageBytes;
  std::fill_n(range.owners + first_page, allocation->page_bytes / kPageBytes, allocation->number);

  Protect(allocation->data, allocation->data + allocation->page_bytes, PROT_READ | PROT_WRITE);
  std::memset(allocation->data, kFreshByte, allocation->page_bytes);
  if (kind == MemoryKind::kDevice) {
    Protect(allocation->data, allocation->data + allocation->page_bytes, PROT_NONE);
    MutableCounters().live_bytes += static_cast<int64_t>(bytes);
  }
  allocations_.push_back(std::move(allocation));
  return allocations_.back()->data;
}

void Memory::Release(MemoryKind kind, void* data) {
  Allocation* allocation = Find(data);
  FAKE_CUDA_CHECK(allocation != nullptr && allocation->kind == kind && allocation->data == data && !allocation->freed)
      << "free of " << Describe(data) << ", which is not the start of a live allocation of this kind";
  allocation->freed = true;
  allocation->granules.reset();
  allocation->race_words.reset();
  Protect(data, allocation->data + allocation->page_bytes, PROT_NONE);
  madvise(data, allocation->page_bytes, MADV_DONTNEED);
  if (kind == MemoryKind::kDevice) MutableCounters().live_bytes -= static_cast<int64_t>(allocation->bytes);
}

void Memory::Begin(Epoch now, const Clock& finished) {
  now_ = now;
  finished_ = &finished;
  ++operation_;
}

Allocation* Memory::FindLive(const void* address, size_t bytes, bool written, const char* name) {
  Allocation* allocation = Find(address);
  const char* verb = written ? " is written" : " is read";
  FAKE_CUDA_CHECK(allocation != nullptr) << name << verb << " at " << Describe(address);
  FAKE_CUDA_CHECK(!allocation->freed) << name << verb << " after it was freed: " << Describe(address);
  const size_t offset = static_cast<const char*>(address) - allocation->data;
  FAKE_CUDA_CHECK(offset + bytes <= allocation->bytes)
      << name << verb << " past its end: " << bytes << " bytes at " << Describe(address);
  return allocation;
}

void Memory::CheckOrder(Allocation& allocation, const void* address, size_t bytes, bool written) {
  if (bytes == 0) return;
  const size_t last = GranuleAt(allocation, static_cast<const char*>(address) + bytes - 1);
  for (size_t i = GranuleAt(allocation, address); i <= last; ++i) {
    Granule& granule = allocation.granules[i];
    if (granule.write == now_) continue;
    const char* at = allocation.data + i * kGranuleBytes;
    FAKE_CUDA_CHECK(finished_->Covers(granule.write))
        << (written ? "write to " : "read of ") << Describe(at) << ", which operation " << granule.write.time
        << " of stream " << granule.write.stream << " writes, without waiting for it on stream " << now_.stream;
    if (written) {
      for (const Epoch& read : granule.reads) {
        FAKE_CUDA_CHECK(read == now_ || finished_->Covers(read))
            << "write to " << Describe(at) << ", which operation " << read.time << " of stream " << read.stream
            << " reads, without waiting for it on stream " << now_.stream;
      }
      granule.write = now_;
    } else if (!(granule.reads[0] == now_)) {
      if (granule.reads[0].stream != now_.stream) std::swap(granule.reads[0], granule.reads[1]);
      granule.reads[0] = now_;
    }
  }
}

void Memory::Open(Allocation& allocation, const void* address, size_t bytes) {
  const size_t offset = static_cast<const char*>(address) - allocation.data;
  for (size_t chunk = offset / kChunkBytes; chunk * kChunkBytes < offset + bytes; ++chunk) {
    if (allocation.opened_by[chunk] == operation_) continue;
    allocation.opened_by[chunk] = operation_;
    char* begin = allocation.data + chunk * kChunkBytes;
    const size_t size = std::min(kChunkBytes, allocation.page_bytes - chunk * kChunkBytes);
    Protect(begin, begin + size, PROT_READ | PROT_WRITE);
    if (!opened_.empty() && opened_.back().first + opened_.back().second == begin) {
      opened_.back().second += size;
    } else {
      opened_.emplace_back(begin, size);
    }
  }
}

void Memory::Use(const Operand& operand) {
  if (operand.bytes == 0) return;
  Allocation* allocation = FindLive(operand.data, operand.bytes, operand.written, operand.name);
  CheckOrder(*allocation, operand.data, operand.bytes, operand.written);
  if (allocation->kind == MemoryKind::kDevice) {
    Open(*allocation, operand.data, operand.bytes);
    return;
  }
  const char* begin = static_cast<const char*>(operand.data);
  Protect(begin, begin + operand.bytes, PROT_READ | PROT_WRITE);
  pinned_uses_.push_back(operand);
}

void Memory::End() {
  for (const auto& [begin, size] : opened_) Protect(begin, begin + size, PROT_NONE);
  opened_.clear();
  for (const Operand& use : pinned_uses_) {
    const char* begin = static_cast<const char*>(use.data);
    Protect(begin, begin + use.bytes, use.written ? PROT_NONE : PROT_READ);
  }
  pinned_uses_.clear();
  finished_ = nullptr;
}

void Memory::UseFromKernel(const void* address, size_t bytes, bool written) {
  Allocation* allocation = FindLive(address, bytes, written, "memory");
  Open(*allocation, address, bytes);
  if (allocation->race_words == nullptr) allocation->race_words = Zeroed<RaceWord>(allocation->page_bytes / 2);
  CheckOrder(*allocation, address, bytes, written);
  CheckRace(*allocation, address, bytes, written);
}

void Memory::CheckRace(Allocation& allocation, const void* address, size_t bytes, bool written) {
  if (bytes < 2) return;
  const KernelContext& kernel = *current_kernel;
  const size_t begin = static_cast<const char*>(address) - allocation.data;
  for (size_t offset = begin; offset < begin + bytes; offset += bytes < 4 ? 2 : 4) {
    Granule& granule = allocation.granules[offset / kGranuleBytes];
    RaceWord* words = allocation.race_words.get();
    if (granule.raced_launch != kernel.launch) {
      granule.raced_launch = kernel.launch;
      std::fill_n(words + offset / kGranuleBytes * (kGranuleBytes / 2), kGranuleBytes / 2, RaceWord());
    }
    RaceWord& word = words[offset / 2];
    const uint32_t other = written ? word.Write(kernel.thread) : word.Read(kernel.thread);
    FAKE_CUDA_CHECK(other == 0) << "data race: thread " << kernel.thread.id - 1 << " of the launch "
                                << (written ? "writes " : "reads ") << Describe(allocation.data + offset)
                                << ", which thread " << other - 1 << " uses with no __syncthreads between them";
  }
}

void Memory::UseFromHost(char* address, bool written) {
  Allocation* allocation = Find(address);
  FAKE_CUDA_CHECK(allocation != nullptr && !allocation->freed) << "host code uses " << Describe(address);
  const Granule& granule = allocation->granules[GranuleAt(*allocation, address)];
  bool finished = host_clock_.Covers(granule.write);
  if (written) finished &= host_clock_.Covers(granule.reads[0]) && host_clock_.Covers(granule.reads[1]);
  FAKE_CUDA_CHECK(finished) << "host code " << (written ? "writes " : "reads ") << Describe(address)
                            << " while an asynchronous copy that it has not waited for uses it";
  Protect(address, address + 1, PROT_READ | PROT_WRITE);
}

void Memory::OnFault(int signal, siginfo_t* info, void* context) {
  const bool written = (static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
  char* address = static_cast<char*>(info->si_addr);
  Memory& memory = Get();
  if (memory.IsDevice(address)) {
    FAKE_CUDA_CHECK(current_kernel != nullptr)
        << "host code " << (written ? "writes" : "reads") << " device memory: " << memory.Describe(address);
    memory.UseFromKernel(address, 1, written);  // through a function that is not instrumented, such as memcpy
    return;
  }
  if (memory.IsPinned(address)) {
    const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
    memory.UseFromHost(address, written);
    return;
  }
  FAKE_CUDA_CHECK(current_kernel == nullptr)
      << "a kernel faults at " << static_cast<void*>(address) << " (a host pointer, null, or its stack overflows)";
  // Not ours. The instruction runs again with the previous handler.
  sigaction(signal, &previous_action, nullptr);
}

std::vector<const Allocation*> Memory::Live() const {
  std::vector<const Allocation*> live;
  for (const auto& allocation : allocations_) {
    if (!allocation->freed) live.push_back(allocation.get());
  }
  return live;
}

}  // namespace fake_cuda
