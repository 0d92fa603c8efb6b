#include "tests/fake_cuda/stand_in/stream.h"

#include <cstring>
#include <memory>
#include <utility>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"

namespace fake_cuda {
namespace {

// Number 0 is the default stream. Destroyed streams leave null, because clocks still contain their numbers.
std::vector<std::unique_ptr<CUstream_st>>& Streams() {
  static auto& streams = *new std::vector<std::unique_ptr<CUstream_st>>;
  if (streams.empty()) streams.push_back(std::make_unique<CUstream_st>());
  return streams;
}

// Invalidates the captures for which `refuses(capture)`, and says whether there were any.
template <typename Refuses>
bool Invalidate(const Refuses& refuses) {
  bool any = false;
  ForEachStream([&](CUstream_st& stream) {
    if (stream.capture == nullptr || !refuses(stream)) return;
    stream.capture->invalidated = any = true;
  });
  return any;
}

// A graph reads the host's memory when it runs. Callers that capture anew before each launch expect it to read what was
// there at the capture.
void CheckHostMemory(const Operation& operation) {
  for (const HostBytes& host : operation.captured) {
    FAKE_CUDA_CHECK(std::memcmp(host.data, host.bytes.data(), host.bytes.size()) == 0)
        << operation.name << " of a graph: the host has changed " << Memory::Get().Describe(host.data)
        << " since it was captured";
  }
}

}  // namespace

CUstream_st& StreamAt(cudaStream_t stream) {
  if (stream == nullptr || stream == cudaStreamLegacy) return *Streams()[0];
  FAKE_CUDA_CHECK(stream != cudaStreamPerThread) << "the stand-in has no per-thread default stream";
  for (const auto& live : Streams()) {
    if (live.get() == stream) return *live;
  }
  FAKE_CUDA_CHECK(false) << static_cast<void*>(stream) << " is not a live stream";
  return *stream;
}

CUstream_st* MakeStream(bool blocking) {
  auto& streams = Streams();
  auto stream = std::make_unique<CUstream_st>();
  stream->number = static_cast<uint32_t>(streams.size());
  stream->blocking = blocking;
  streams.push_back(std::move(stream));
  return streams.back().get();
}

void DestroyStream(cudaStream_t stream) {
  CUstream_st& live = StreamAt(stream);
  FAKE_CUDA_CHECK(live.number != 0) << "the default stream cannot be destroyed";
  FAKE_CUDA_CHECK(live.capture == nullptr) << "the stream is destroyed while it captures";
  Streams()[live.number].reset();
}

void ForEachStream(const std::function<void(CUstream_st&)>& visit) {
  for (const auto& stream : Streams()) {
    if (stream != nullptr) visit(*stream);
  }
}

void SubmitTo(CUstream_st& stream, const Operation& operation) {
  Memory& memory = Memory::Get();
  stream.clock.Merge(memory.host_clock());
  if (stream.number == 0) {
    ForEachStream([&](CUstream_st& other) {
      if (other.blocking) stream.clock.Merge(other.clock);
    });
  } else if (stream.blocking) {
    stream.clock.Merge(StreamAt(nullptr).clock);
  }
  const std::string outer = Context();
  SetContext(operation.name);
  CheckHostMemory(operation);
  memory.Begin(stream.clock.Advance(stream.number), stream.clock);
  for (const Operand& operand : operation.operands) memory.Use(operand);
  operation.run();
  memory.End();
  SetContext(outer);
}

cudaError_t Submit(cudaStream_t stream, Operation operation) {
  CUstream_st& live = StreamAt(stream);
  if (live.capture == nullptr) {
    if (const cudaError_t error = RefuseUseOf(live)) return error;
    SubmitTo(live, operation);
    return cudaSuccess;
  }
  if (live.capture->invalidated) return cudaErrorStreamCaptureInvalidated;
  for (const Operand& operand : operation.operands) {
    if (operand.written || !Memory::Get().IsPinned(operand.data)) continue;
    operation.captured.push_back({operand.data, {static_cast<const char*>(operand.data), operand.bytes}});
  }
  live.capture->operations.push_back(std::move(operation));
  return cudaSuccess;
}

void HostWaited(const Clock& clock) { Memory::Get().host_clock().Merge(clock); }

cudaError_t RefuseUnsafeCall() {
  const bool refused = Invalidate([](const CUstream_st& stream) {
    const Capture& capture = *stream.capture;
    return capture.mode == cudaStreamCaptureModeGlobal ||
           (capture.mode == cudaStreamCaptureModeThreadLocal && capture.thread == std::this_thread::get_id());
  });
  return refused ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t RefuseDuringCapture() {
  return Invalidate([](const CUstream_st&) { return true; }) ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t RefuseUseOf(CUstream_st& stream) {
  if (stream.capture != nullptr) {
    stream.capture->invalidated = true;
    return cudaErrorStreamCaptureUnsupported;
  }
  const bool implicit = stream.number == 0 && Invalidate([](const CUstream_st& other) { return other.blocking; });
  return implicit ? cudaErrorStreamCaptureImplicit : cudaSuccess;
}

cudaError_t RefuseCapturedEvent(const CUevent_st& event) {
  if (event.capture == 0) return cudaSuccess;
  Invalidate([&](const CUstream_st& stream) { return stream.capture->number == event.capture; });
  return cudaErrorCapturedEvent;
}

bool AnyCapture() {
  bool any = false;
  ForEachStream([&](const CUstream_st& stream) { any |= stream.capture != nullptr; });
  return any;
}

}  // namespace fake_cuda
