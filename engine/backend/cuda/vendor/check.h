// Checks calls of the CUDA runtime, cuBLAS and cuDNN. A failure ends the process through FailDevice, with the call, the
// name of the error, and file and line.
//
//   SG_CUDA_CHECK(cudaEventRecord(event, stream));
#ifndef ENGINE_BACKEND_CUDA_VENDOR_CHECK_H_
#define ENGINE_BACKEND_CUDA_VENDOR_CHECK_H_

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstddef>
#include <string>

namespace sg::cuda {

// `call` is its source text.
struct CheckedCall {
  const char* text;
  const char* file;
  int line;
};
[[noreturn]] void FailCall(const CheckedCall& call, cudaError_t error);
[[noreturn]] void FailCall(const CheckedCall& call, cublasStatus_t status);
[[noreturn]] void FailCall(const CheckedCall& call, cudnnStatus_t status);
// After a launch. The error may be from an earlier kernel.
[[noreturn]] void FailLaunch(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes, cudaError_t error);
// A failure that is not the error of one call; `message` describes it.
[[noreturn]] void Fail(const std::string& message);

}  // namespace sg::cuda

#define SG_CUDA_CHECK(call)                                                                                        \
  do {                                                                                                             \
    const cudaError_t sg_error = (call);                                                                           \
    if (__builtin_expect(sg_error != cudaSuccess, 0)) ::sg::cuda::FailCall({#call, __FILE__, __LINE__}, sg_error); \
  } while (false)

#define SG_CUBLAS_CHECK(call)                                       \
  do {                                                              \
    const cublasStatus_t sg_status = (call);                        \
    if (__builtin_expect(sg_status != CUBLAS_STATUS_SUCCESS, 0))    \
      ::sg::cuda::FailCall({#call, __FILE__, __LINE__}, sg_status); \
  } while (false)

#define SG_CUDNN_CHECK(call)                                        \
  do {                                                              \
    const cudnnStatus_t sg_status = (call);                         \
    if (__builtin_expect(sg_status != CUDNN_STATUS_SUCCESS, 0))     \
      ::sg::cuda::FailCall({#call, __FILE__, __LINE__}, sg_status); \
  } while (false)

#endif  // ENGINE_BACKEND_CUDA_VENDOR_CHECK_H_
