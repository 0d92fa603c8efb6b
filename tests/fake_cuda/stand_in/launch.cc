#include "tests/fake_cuda/stand_in/launch.h"

#include <driver_types.h>
#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/fiber.h"
#include "tests/fake_cuda/stand_in/kernel_context.h"
#include "tests/fake_cuda/stand_in/stream.h"

// The variables that device_launch_parameters.h declares. They are set before each thread runs.
extern "C" {
uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;
int warpSize = 32;
}

namespace fake_cuda {

thread_local KernelContext* current_kernel = nullptr;

namespace {

// The limit without cudaFuncSetAttribute, which the stand-in does not have.
constexpr size_t kMaxSharedBytes = size_t{48} << 10;
constexpr unsigned kMaxBlockThreads = 1024, kMaxBlockZ = 64;
constexpr unsigned kMaxGridX = 2147483647u, kMaxGridYZ = 65535;
constexpr int kFreshByte = 0xff;

struct Launch {
  std::string name;
  dim3 grid, block;
  size_t dynamic_shared_bytes;
  std::vector<char> closure;
  void (*run)(const void* closure);
};

char* SharedMemory() {
  static char* memory =
      static_cast<char*>(mmap(nullptr, kMaxSharedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return memory;
}

uint3 Unflatten(uint64_t index, const dim3& extent) {
  return {static_cast<unsigned>(index % extent.x), static_cast<unsigned>(index / extent.x % extent.y),
          static_cast<unsigned>(index / extent.x / extent.y)};
}

void Run(const Launch& launch) {
  static uint32_t launches = 0;
  static uint64_t blocks_ever = 0;
  const int threads = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
  const uint64_t blocks = uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;

  KernelContext context;
  context.name = launch.name.c_str();
  context.launch = ++launches;
  context.parameters = {launch.closure.data(), launch.closure.data() + launch.closure.size()};
  context.dynamic_shared = {SharedMemory(), SharedMemory() + launch.dynamic_shared_bytes};
  blockDim = launch.block;
  gridDim = launch.grid;
  // Every other launch runs its blocks and threads in the opposite order, to expose results that depend on it.
  const bool backwards = context.launch % 2 == 0;
  for (uint64_t i = 0; i < blocks; ++i) {
    const uint64_t block = backwards ? blocks - 1 - i : i;
    context.block = ++blocks_ever;
    blockIdx = Unflatten(block, launch.grid);
    // The ids would wrap after 2^32 threads; no launch here has that many.
    context.thread.block_begin = static_cast<uint32_t>(block * threads) + 1;
    context.thread.block_end = context.thread.block_begin + threads;
    std::memset(SharedMemory(), kFreshByte, launch.dynamic_shared_bytes);
    RunBlock(
        threads, backwards,
        [&](int thread, const AddressRange& stack) {
          threadIdx = Unflatten(thread, launch.block);
          context.stack = stack;
          context.thread.id = context.thread.block_begin + thread;
          context.thread.barriers = static_cast<uint16_t>(BlockBarriers());
          current_kernel = &context;
        },
        [&] { launch.run(launch.closure.data()); });
    current_kernel = nullptr;
  }
}

}  // namespace

void LaunchBoundKernel(const char* name, dim3 grid, dim3 block, size_t dynamic_shared_bytes, CUstream_st* stream,
                       const BoundKernel& kernel) {
  const Call call("LaunchKernel");
  if (UnrecoverableError() != 0) {
    LastError() = UnrecoverableError();
    return;
  }
  if (call.failure()) {
    LastError() = *call.failure();
    if (IsUnrecoverable(*call.failure())) UnrecoverableError() = *call.failure();
    return;
  }
  CountLaunch(name);
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  FAKE_CUDA_CHECK(threads >= 1 && threads <= kMaxBlockThreads && block.z <= kMaxBlockZ)
      << name << ": a block of " << block.x << "x" << block.y << "x" << block.z << " threads";
  FAKE_CUDA_CHECK(grid.x >= 1 && grid.y >= 1 && grid.z >= 1 && grid.x <= kMaxGridX && grid.y <= kMaxGridYZ &&
                  grid.z <= kMaxGridYZ)
      << name << ": a grid of " << grid.x << "x" << grid.y << "x" << grid.z << " blocks";
  FAKE_CUDA_CHECK(dynamic_shared_bytes <= kMaxSharedBytes)
      << name << ": " << dynamic_shared_bytes << " bytes of shared memory, more than " << kMaxSharedBytes;
  const char* closure = static_cast<const char*>(kernel.closure);
  auto launch = std::make_shared<const Launch>(Launch{
      name, grid, block, dynamic_shared_bytes, std::vector<char>(closure, closure + kernel.closure_bytes), kernel.run});
  const cudaError_t error = Submit(stream, {std::string("kernel ") + name,
                                            {},
                                            [launch] {
                                              ++MutableCounters().launches;
                                              Run(*launch);
                                            },
                                            {}});
  if (error != cudaSuccess) LastError() = error;
}

void* DynamicShared() {
  FAKE_CUDA_CHECK(current_kernel != nullptr) << "DynamicShared outside a kernel";
  FAKE_CUDA_CHECK(current_kernel->dynamic_shared.begin != current_kernel->dynamic_shared.end)
      << "the launch has no dynamic shared memory";
  return SharedMemory();
}

}  // namespace fake_cuda

void __syncthreads() {
  FAKE_CUDA_CHECK(fake_cuda::current_kernel != nullptr) << "__syncthreads outside a kernel";
  fake_cuda::BlockBarrier();
}
