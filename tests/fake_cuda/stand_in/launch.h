// The stand-in's side of engine/backend/cuda/launch/launch.h: runs a kernel that was compiled as C++. Included by .cu
// files only, after the runtime's headers.
#ifndef TESTS_FAKE_CUDA_STAND_IN_LAUNCH_H_
#define TESTS_FAKE_CUDA_STAND_IN_LAUNCH_H_

#include <vector_types.h>

#include <cstddef>
#include <type_traits>

struct CUstream_st;

// The header of the runtime declares it only for nvcc.
void __syncthreads();

namespace fake_cuda {

constexpr size_t kMaxParameterBytes = 32764;

// A kernel with its arguments, copied byte for byte as a launch does.
struct BoundKernel {
  const void* closure;
  size_t closure_bytes;
  void (*run)(const void* closure);  // for one thread
};

void LaunchBoundKernel(const char* name, dim3 grid, dim3 block, size_t dynamic_shared_bytes, CUstream_st* stream,
                       const BoundKernel& kernel);

// Runs body() once per thread of every block, in the stream's order. Its outcome is what cudaGetLastError returns next.
template <typename Body>
void LaunchKernel(const char* name, dim3 grid, dim3 block, size_t dynamic_shared_bytes, CUstream_st* stream,
                  const Body& body) {
  static_assert(std::is_trivially_copyable_v<Body>, "arguments of a kernel are copied byte for byte");
  static_assert(sizeof(Body) <= kMaxParameterBytes, "arguments of a kernel do not fit");
  LaunchBoundKernel(name, grid, block, dynamic_shared_bytes, stream,
                    {&body, sizeof(Body), [](const void* closure) { (*static_cast<const Body*>(closure))(); }});
}

// Of the block that runs.
void* DynamicShared();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_LAUNCH_H_
