#include "engine/backend/cuda/vendor/check.h"

#include <sstream>

#include "engine/base/device_failure.h"

namespace sg::cuda {
namespace {

[[noreturn]] void Fail(const char* library, const CheckedCall& call, bool out_of_memory, const char* error,
                       const char* meaning) {
  std::ostringstream message;
  message << "[" << library << "] " << call.text << ": " << error;
  if (*meaning != '\0') message << ": " << meaning;
  message << " (" << call.file << ":" << call.line << ")";
  DeviceFailure failure;
  failure.message = message.str();
  if (out_of_memory) failure.kind = DeviceFailure::Kind::kOutOfMemory;
  FailDevice(failure);
}

// Kernels run after the call that launches them has returned. The next call reports their faults.
bool IsFaultOfAKernel(cudaError_t error) {
  switch (error) {
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorMisalignedAddress: return true;
    default: return false;
  }
}

std::string Meaning(cudaError_t error) {
  std::string meaning = cudaGetErrorString(error);
  if (IsFaultOfAKernel(error)) {
    meaning += "; the fault may be that of an earlier kernel, which CUDA_LAUNCH_BLOCKING=1 would show";
  }
  return meaning;
}

}  // namespace

void FailCall(const CheckedCall& call, cudaError_t error) {
  Fail("CUDA", call, error == cudaErrorMemoryAllocation, cudaGetErrorName(error), Meaning(error).c_str());
}

void FailCall(const CheckedCall& call, cublasStatus_t status) {
  Fail("cuBLAS", call, status == CUBLAS_STATUS_ALLOC_FAILED, cublasGetStatusName(status), "");
}

void FailCall(const CheckedCall& call, cudnnStatus_t status) {
  Fail("cuDNN", call, status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED, cudnnGetErrorString(status), "");
}

void FailLaunch(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes, cudaError_t error) {
  std::ostringstream message;
  message << "[" << kernel << "] launch of " << grid.x << "x" << grid.y << "x" << grid.z << " blocks of " << block.x
          << "x" << block.y << "x" << block.z << " threads with " << shared_bytes
          << " bytes of shared memory: " << cudaGetErrorName(error) << ": " << Meaning(error);
  Fail(message.str());
}

void Fail(const std::string& message) {
  DeviceFailure failure;
  failure.message = message;
  FailDevice(failure);
}

}  // namespace sg::cuda
