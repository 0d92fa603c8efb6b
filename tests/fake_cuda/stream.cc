#include "tests/fake_cuda/stream.h"

#include <memory>
#include <utility>

#include "tests/fake_cuda/call.h"
#include "tests/fake_cuda/check.h"

namespace fake_cuda {
namespace {

// Number 0 is the default stream. Destroyed streams leave null: their numbers are in the clocks.
std::vector<std::unique_ptr<CUstream_st>>& Streams() {
  static auto& streams = *new std::vector<std::unique_ptr<CUstream_st>>;
  if (streams.empty()) streams.push_back(std::make_unique<CUstream_st>());
  return streams;
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
  memory.Begin(stream.clock.Advance(stream.number), stream.clock);
  for (const Operand& operand : operation.operands) memory.Use(operand);
  operation.run();
  memory.End();
  SetContext(outer);
}

void Submit(cudaStream_t stream, Operation operation) {
  CUstream_st& live = StreamAt(stream);
  if (live.capture != nullptr) {
    live.capture->operations.push_back(std::move(operation));
  } else {
    SubmitTo(live, operation);
  }
}

void HostWaited(const Clock& clock) { Memory::Get().host_clock().Merge(clock); }

void CheckMayWait() {
  ForEachStream([](CUstream_st& stream) {
    FAKE_CUDA_CHECK(stream.capture == nullptr) << "not allowed while stream " << stream.number << " captures a graph";
  });
}

}  // namespace fake_cuda
