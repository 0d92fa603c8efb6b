// Allocation, copies and fills of the runtime API.
#include <cstring>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudart.h"
#include "tests/fake_cuda/stand_in/memory.h"
#include "tests/fake_cuda/stand_in/stream.h"

namespace fake_cuda {
namespace {

// Freeing waits for everything issued before.
void WaitForDevice() {
  CountSynchronization();
  ForEachStream([](CUstream_st& stream) { HostWaited(stream.clock); });
}

cudaError_t Free(MemoryKind kind, void* data) {
  if (data == nullptr) return cudaSuccess;
  if (const cudaError_t error = RefuseDuringCapture()) return Report(error);
  WaitForDevice();
  Memory::Get().Release(kind, data);
  return cudaSuccess;
}

void CheckKind(const void* address, bool device, const char* role, const char* kind) {
  FAKE_CUDA_CHECK(Memory::Get().IsDevice(address) == device)
      << "the " << role << " of a copy " << kind << " is " << Memory::Get().Describe(address);
}

struct Direction {
  const char* name;
  bool from_device, to_device;
  int64_t Counters::*bytes;
};

Direction DirectionOf(cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToDevice: return {"from host to device", false, true, &Counters::bytes_to_device};
    case cudaMemcpyDeviceToHost: return {"from device to host", true, false, &Counters::bytes_to_host};
    case cudaMemcpyDeviceToDevice: return {"on the device", true, true, &Counters::bytes_on_device};
    default: break;
  }
  FAKE_CUDA_CHECK(false) << "a copy of kind " << kind << ": say in which direction";
  return {};
}

bool Fits(size_t bytes) { return static_cast<size_t>(ReadCounters().live_bytes) + bytes <= DeviceMemory(); }

bool Overlap(const void* a, const void* b, size_t bytes) {
  const char *x = static_cast<const char*>(a), *y = static_cast<const char*>(b);
  return x < y + bytes && y < x + bytes;
}

}  // namespace
}  // namespace fake_cuda

using fake_cuda::Memory;
using fake_cuda::MemoryKind;
using fake_cuda::Report;
using fake_cuda::RuntimeCall;

extern "C" {

cudaError_t cudaMalloc(void** data, size_t bytes) {
  const RuntimeCall call("cudaMalloc");
  if (call.refused()) return *call.refused();
  *data = nullptr;
  if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
  if (bytes == 0) return cudaSuccess;
  if (!fake_cuda::Fits(bytes)) return Report(cudaErrorMemoryAllocation);
  *data = Memory::Get().Allocate(MemoryKind::kDevice, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* data) {
  const RuntimeCall call("cudaFree");
  if (call.refused()) return *call.refused();
  return fake_cuda::Free(MemoryKind::kDevice, data);
}

// Other streams must wait for the allocation as for any operation of its stream.
cudaError_t cudaMallocAsync(void** data, size_t bytes, cudaStream_t stream) {
  const RuntimeCall call("cudaMallocAsync");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK(fake_cuda::StreamAt(stream).capture == nullptr) << "the stand-in has no allocations in graphs";
  *data = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (!fake_cuda::Fits(bytes)) return Report(cudaErrorMemoryAllocation);
  *data = Memory::Get().Allocate(MemoryKind::kDevice, bytes);
  return Report(fake_cuda::Submit(stream, {"cudaMallocAsync", {{*data, bytes, true, "new memory"}}, [] {}, {}}));
}

// Fails unless operations of other streams on this memory are known to have finished.
cudaError_t cudaFreeAsync(void* data, cudaStream_t stream) {
  const RuntimeCall call("cudaFreeAsync");
  if (call.refused()) return *call.refused();
  if (data == nullptr) return cudaSuccess;
  FAKE_CUDA_CHECK(fake_cuda::StreamAt(stream).capture == nullptr) << "the stand-in has no allocations in graphs";
  const fake_cuda::Allocation* allocation = Memory::Get().Find(data);
  if (allocation != nullptr && !allocation->freed) {
    const cudaError_t error = fake_cuda::Submit(
        stream, {"cudaFreeAsync", {{data, allocation->bytes, true, "memory that is freed"}}, [] {}, {}});
    if (error != cudaSuccess) return Report(error);
  }
  Memory::Get().Release(MemoryKind::kDevice, data);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** data, size_t bytes) {
  const RuntimeCall call("cudaMallocHost");
  if (call.refused()) return *call.refused();
  if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
  *data = Memory::Get().Allocate(MemoryKind::kPinned, bytes);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* data) {
  const RuntimeCall call("cudaFreeHost");
  if (call.refused()) return *call.refused();
  return fake_cuda::Free(MemoryKind::kPinned, data);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const RuntimeCall call("cudaMemcpyAsync");
  if (call.refused()) return *call.refused();
  if (bytes == 0) return cudaSuccess;
  const fake_cuda::Direction direction = fake_cuda::DirectionOf(kind);
  fake_cuda::CheckKind(to, direction.to_device, "destination", direction.name);
  fake_cuda::CheckKind(from, direction.from_device, "source", direction.name);
  FAKE_CUDA_CHECK(!fake_cuda::Overlap(to, from, bytes)) << "source and destination overlap";

  fake_cuda::Operation copy;
  copy.name = std::string("copy ") + direction.name;
  const void* host = direction.from_device ? (direction.to_device ? nullptr : to) : from;
  const bool pageable = host != nullptr && !Memory::Get().IsPinned(host);
  if (from != host || !pageable) copy.operands.push_back({from, bytes, false, "source of a copy"});
  if (to != host || !pageable) copy.operands.push_back({to, bytes, true, "destination of a copy"});
  copy.run = [to, from, bytes, direction] {
    std::memcpy(to, from, bytes);
    ++fake_cuda::MutableCounters().copies;
    fake_cuda::MutableCounters().*direction.bytes += static_cast<int64_t>(bytes);
  };
  if (pageable) {
    if (const cudaError_t error = fake_cuda::RefuseUseOf(fake_cuda::StreamAt(stream))) return Report(error);
    if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
    fake_cuda::CountSynchronization();
  }
  const cudaError_t error = fake_cuda::Submit(stream, copy);
  if (error == cudaSuccess && pageable) fake_cuda::HostWaited(fake_cuda::StreamAt(stream).clock);
  return Report(error);
}

cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream) {
  const RuntimeCall call("cudaMemsetAsync");
  if (call.refused()) return *call.refused();
  if (bytes == 0) return cudaSuccess;
  fake_cuda::CheckKind(data, true, "destination", "that fills");
  return Report(fake_cuda::Submit(stream, {"fill",
                                           {{data, bytes, true, "destination of a fill"}},
                                           [data, value, bytes] {
                                             std::memset(data, value, bytes);
                                             ++fake_cuda::MutableCounters().memsets;
                                           },
                                           {}}));
}

}  // extern "C"
