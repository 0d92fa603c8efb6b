// Devices, versions and errors of the runtime API.
#include <algorithm>
#include <cstring>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudart.h"

namespace fake_cuda {
namespace {

constexpr int kComputeCapability = 90;
// Few, to make grid-stride loops that this limits run more than once.
constexpr int kMultiprocessors = 2;

struct NamedError {
  cudaError_t error;
  const char* name;
  const char* text;
};

const NamedError& Named(cudaError_t error) {
  static constexpr NamedError kErrors[] = {
      {cudaSuccess, "cudaSuccess", "no error"},
      {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
      {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
      {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
      {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver", "CUDA driver version is insufficient"},
      {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
      {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
      {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
      {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
      {cudaErrorLaunchOutOfResources, "cudaErrorLaunchOutOfResources", "too many resources requested for launch"},
      {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
      {cudaErrorIllegalState, "cudaErrorIllegalState", "the operation cannot be performed in the present state"},
      {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
       "operation not permitted when stream is capturing"},
      {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
       "operation failed due to a previous error during capture"},
      {cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation",
       "dependency created on uncaptured work in another stream"},
      {cudaErrorStreamCaptureImplicit, "cudaErrorStreamCaptureImplicit",
       "operation would make the legacy stream depend on a capturing blocking stream"},
      {cudaErrorCapturedEvent, "cudaErrorCapturedEvent",
       "operation not permitted on an event last recorded in a capturing stream"},
      {cudaErrorStreamCaptureWrongThread, "cudaErrorStreamCaptureWrongThread",
       "attempt to terminate a thread-local capture sequence from another thread"},
      {cudaErrorGraphExecUpdateFailure, "cudaErrorGraphExecUpdateFailure",
       "the graph update was not performed because it included changes which violated constraints specific to "
       "instantiated graph update"},
      {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
  };
  const auto* found =
      std::find_if(std::begin(kErrors), std::end(kErrors), [&](const NamedError& e) { return e.error == error; });
  FAKE_CUDA_CHECK(found != std::end(kErrors)) << "the stand-in has no name for error " << error;
  return *found;
}

thread_local int current_device = 0;

}  // namespace

cudaError_t Report(cudaError_t error) {
  if (error != cudaSuccess && error != cudaErrorNotReady) LastError() = error;
  if (IsUnrecoverable(error)) UnrecoverableError() = error;
  return error;
}

RuntimeCall::RuntimeCall(const char* function) : Call(function) {
  if (UnrecoverableError() != 0) {
    refused_ = static_cast<cudaError_t>(UnrecoverableError());
  } else if (failure()) {
    refused_ = Report(static_cast<cudaError_t>(*failure()));
  }
}

void CountSynchronization() { ++MutableCounters().synchronizations; }

}  // namespace fake_cuda

using fake_cuda::Named;
using fake_cuda::Report;
using fake_cuda::RuntimeCall;

extern "C" {

cudaError_t cudaGetLastError() {
  const fake_cuda::Call call("cudaGetLastError");
  const int error = fake_cuda::LastError();
  fake_cuda::LastError() = fake_cuda::UnrecoverableError();
  return static_cast<cudaError_t>(error);
}

const char* cudaGetErrorName(cudaError_t error) { return Named(error).name; }
const char* cudaGetErrorString(cudaError_t error) { return Named(error).text; }

cudaError_t cudaDriverGetVersion(int* version) {
  const RuntimeCall call("cudaDriverGetVersion");
  if (call.refused()) return *call.refused();
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  const RuntimeCall call("cudaRuntimeGetVersion");
  if (call.refused()) return *call.refused();
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  const RuntimeCall call("cudaGetDeviceCount");
  if (call.refused()) return *call.refused();
  *count = fake_cuda::DeviceCount();
  return *count > 0 ? cudaSuccess : Report(cudaErrorNoDevice);
}

cudaError_t cudaSetDevice(int device) {
  const RuntimeCall call("cudaSetDevice");
  if (call.refused()) return *call.refused();
  if (device < 0 || device >= fake_cuda::DeviceCount()) return Report(cudaErrorInvalidDevice);
  fake_cuda::current_device = device;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  const RuntimeCall call("cudaDeviceGetAttribute");
  if (call.refused()) return *call.refused();
  if (device < 0 || device >= fake_cuda::DeviceCount()) return Report(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor: *value = fake_cuda::kComputeCapability / 10; return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor: *value = fake_cuda::kComputeCapability % 10; return cudaSuccess;
    case cudaDevAttrMultiProcessorCount: *value = fake_cuda::kMultiprocessors; return cudaSuccess;
    default: FAKE_CUDA_CHECK(false) << "the stand-in does not know attribute " << attribute;
  }
  return cudaErrorInvalidValue;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  const RuntimeCall call("cudaGetDeviceProperties");
  if (call.refused()) return *call.refused();
  if (device < 0 || device >= fake_cuda::DeviceCount()) return Report(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, "stand-in without a GPU");
  properties->major = fake_cuda::kComputeCapability / 10;
  properties->minor = fake_cuda::kComputeCapability % 10;
  properties->multiProcessorCount = fake_cuda::kMultiprocessors;
  properties->totalGlobalMem = fake_cuda::DeviceMemory();
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  const RuntimeCall call("cudaMemGetInfo");
  if (call.refused()) return *call.refused();
  *total_bytes = fake_cuda::DeviceMemory();
  *free_bytes = *total_bytes - static_cast<size_t>(fake_cuda::ReadCounters().live_bytes);
  return cudaSuccess;
}

}  // extern "C"
