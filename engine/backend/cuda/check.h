// Checks a call of cudart, cuBLAS or cuDNN: a failure ends the process with the call, the error's name and the place.
//
//   SG_CUDA_CHECK(cudaEventRecord(event, stream));
#ifndef ENGINE_BACKEND_CUDA_CHECK_H_
#define ENGINE_BACKEND_CUDA_CHECK_H_

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include "engine/base/check.h"

#define SG_CUDA_CHECK(call)                                                                               \
  do {                                                                                                    \
    const cudaError_t sg_error = (call);                                                                  \
    SG_CHECK(sg_error == cudaSuccess) << "[CUDA] " << #call << ": " << cudaGetErrorName(sg_error) << ": " \
                                      << cudaGetErrorString(sg_error);                                    \
  } while (false)

#define SG_CUBLAS_CHECK(call)                                                                                       \
  do {                                                                                                              \
    const cublasStatus_t sg_status = (call);                                                                        \
    SG_CHECK(sg_status == CUBLAS_STATUS_SUCCESS) << "[cuBLAS] " << #call << ": " << cublasGetStatusName(sg_status); \
  } while (false)

#define SG_CUDNN_CHECK(call)                                                                                      \
  do {                                                                                                            \
    const cudnnStatus_t sg_status = (call);                                                                       \
    SG_CHECK(sg_status == CUDNN_STATUS_SUCCESS) << "[cuDNN] " << #call << ": " << cudnnGetErrorString(sg_status); \
  } while (false)

#endif  // ENGINE_BACKEND_CUDA_CHECK_H_
