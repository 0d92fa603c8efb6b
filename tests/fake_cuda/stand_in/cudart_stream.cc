// Streams and events of the runtime API.
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudart.h"
#include "tests/fake_cuda/stand_in/objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

using fake_cuda::Report;
using fake_cuda::RuntimeCall;
using fake_cuda::StreamAt;

namespace {

CUevent_st& EventAt(cudaEvent_t event) { return fake_cuda::Objects<CUevent_st>::Get().At(event); }

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  const RuntimeCall call("cudaStreamCreateWithFlags");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK((flags & ~cudaStreamNonBlocking) == 0) << "flags " << flags;
  *stream = fake_cuda::MakeStream(flags == cudaStreamDefault);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const RuntimeCall call("cudaStreamDestroy");
  if (call.refused()) return *call.refused();
  fake_cuda::DestroyStream(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const RuntimeCall call("cudaStreamSynchronize");
  if (call.refused()) return *call.refused();
  CUstream_st& live = StreamAt(stream);
  if (const cudaError_t error = fake_cuda::RefuseUseOf(live)) return Report(error);
  if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
  fake_cuda::CountSynchronization();
  fake_cuda::HostWaited(live.clock);
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  const RuntimeCall call("cudaStreamWaitEvent");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK(flags == 0) << "flags " << flags;
  CUstream_st& live = StreamAt(stream);
  const CUevent_st& waited = EventAt(event);
  FAKE_CUDA_CHECK(waited.recorded) << "wait for an event that was never recorded: it does nothing";
  if (live.capture == nullptr) {
    FAKE_CUDA_CHECK(waited.capture == 0) << "the stand-in does not capture from several streams";
    if (const cudaError_t error = fake_cuda::RefuseUseOf(live)) return Report(error);
    live.clock.Merge(waited.clock);
    return cudaSuccess;
  }
  if (live.capture->invalidated) return Report(cudaErrorStreamCaptureInvalidated);
  if (waited.capture == live.capture->number) return cudaSuccess;
  live.capture->invalidated = true;
  return Report(cudaErrorStreamCaptureIsolation);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  const RuntimeCall call("cudaEventCreateWithFlags");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK((flags & ~(cudaEventDisableTiming | cudaEventBlockingSync)) == 0) << "flags " << flags;
  *event = fake_cuda::Objects<CUevent_st>::Get().Make();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const RuntimeCall call("cudaEventDestroy");
  if (call.refused()) return *call.refused();
  fake_cuda::Objects<CUevent_st>::Get().Destroy(event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const RuntimeCall call("cudaEventRecord");
  if (call.refused()) return *call.refused();
  CUevent_st& recorded = EventAt(event);
  const CUstream_st& live = StreamAt(stream);
  if (live.capture != nullptr && live.capture->invalidated) return Report(cudaErrorStreamCaptureInvalidated);
  recorded.recorded = true;
  recorded.capture = live.capture != nullptr ? live.capture->number : 0;
  recorded.clock = live.clock;
  return cudaSuccess;
}

// Operations run as soon as they are issued. Tests get cudaErrorNotReady from FailCall.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const RuntimeCall call("cudaEventQuery");
  if (call.refused()) return *call.refused();
  const CUevent_st& live = EventAt(event);
  if (const cudaError_t error = fake_cuda::RefuseCapturedEvent(live)) return Report(error);
  if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
  fake_cuda::HostWaited(live.clock);
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const RuntimeCall call("cudaEventSynchronize");
  if (call.refused()) return *call.refused();
  const CUevent_st& live = EventAt(event);
  if (const cudaError_t error = fake_cuda::RefuseCapturedEvent(live)) return Report(error);
  if (const cudaError_t error = fake_cuda::RefuseUnsafeCall()) return Report(error);
  fake_cuda::CountSynchronization();
  fake_cuda::HostWaited(live.clock);
  return cudaSuccess;
}

}  // extern "C"
