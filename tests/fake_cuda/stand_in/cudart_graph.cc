// Stream capture and graphs. The operations of a graph run in the order of their capture, with the same checks as
// operations that are submitted one by one.
#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudart.h"
#include "tests/fake_cuda/stand_in/objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

using fake_cuda::Operation;
using fake_cuda::Report;
using fake_cuda::RuntimeCall;
using fake_cuda::StreamAt;

namespace {

CUgraph_st& GraphAt(cudaGraph_t graph) { return fake_cuda::Objects<CUgraph_st>::Get().At(graph); }
CUgraphExec_st& ExecutableAt(cudaGraphExec_t executable) {
  return fake_cuda::Objects<CUgraphExec_st>::Get().At(executable);
}

// Whether both graphs have operations of the same kinds in the same order. Operands may differ. This is stricter than a
// driver, which accepts most changes of a kernel's function; our code must not rely on that.
cudaGraphExecUpdateResult Compare(const std::vector<Operation>& old, const std::vector<Operation>& changed) {
  if (old.size() != changed.size()) return cudaGraphExecUpdateErrorTopologyChanged;
  const auto [was, is] = std::mismatch(old.begin(), old.end(), changed.begin(),
                                       [](const Operation& a, const Operation& b) { return a.name == b.name; });
  if (was == old.end()) return cudaGraphExecUpdateSuccess;
  const auto is_kernel = [](const Operation& operation) { return operation.name.rfind("kernel ", 0) == 0; };
  return is_kernel(*was) && is_kernel(*is) ? cudaGraphExecUpdateErrorUnsupportedFunctionChange
                                           : cudaGraphExecUpdateErrorNodeTypeChanged;
}

}  // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  const RuntimeCall call("cudaStreamBeginCapture");
  if (call.refused()) return *call.refused();
  static uint64_t captures = 0;
  CUstream_st& live = StreamAt(stream);
  if (live.number == 0) return Report(cudaErrorStreamCaptureUnsupported);
  if (live.capture != nullptr) return Report(cudaErrorIllegalState);
  live.capture = std::make_unique<fake_cuda::Capture>();
  live.capture->number = ++captures;
  live.capture->mode = mode;
  live.capture->thread = std::this_thread::get_id();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const RuntimeCall call("cudaStreamEndCapture");
  if (call.refused()) return *call.refused();
  *graph = nullptr;
  CUstream_st& live = StreamAt(stream);
  if (live.capture == nullptr) return Report(cudaErrorIllegalState);
  if (live.capture->mode != cudaStreamCaptureModeRelaxed && live.capture->thread != std::this_thread::get_id()) {
    return Report(cudaErrorStreamCaptureWrongThread);
  }
  const std::unique_ptr<fake_cuda::Capture> capture = std::move(live.capture);
  if (capture->invalidated) return Report(cudaErrorStreamCaptureInvalidated);
  *graph = fake_cuda::Objects<CUgraph_st>::Get().Make();
  (*graph)->operations = std::move(capture->operations);
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const RuntimeCall call("cudaStreamIsCapturing");
  if (call.refused()) return *call.refused();
  const CUstream_st& live = StreamAt(stream);
  *status = live.capture == nullptr     ? cudaStreamCaptureStatusNone
            : live.capture->invalidated ? cudaStreamCaptureStatusInvalidated
                                        : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  const RuntimeCall call("cudaGraphGetNodes");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK(nodes == nullptr) << "the stand-in only counts nodes";
  *count = GraphAt(graph).operations.size();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags) {
  const RuntimeCall call("cudaGraphInstantiate");
  if (call.refused()) return *call.refused();
  FAKE_CUDA_CHECK(flags == 0) << "flags " << flags;
  *executable = fake_cuda::Objects<CUgraphExec_st>::Get().Make();
  (*executable)->operations = GraphAt(graph).operations;
  return cudaSuccess;
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t executable, cudaGraph_t graph, cudaGraphExecUpdateResultInfo* info) {
  const RuntimeCall call("cudaGraphExecUpdate");
  if (call.refused()) return *call.refused();
  CUgraphExec_st& old = ExecutableAt(executable);
  const CUgraph_st& changed = GraphAt(graph);
  *info = {};
  info->result = Compare(old.operations, changed.operations);
  if (info->result != cudaGraphExecUpdateSuccess) return Report(cudaErrorGraphExecUpdateFailure);
  old.operations = changed.operations;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  const RuntimeCall call("cudaGraphLaunch");
  if (call.refused()) return *call.refused();
  CUstream_st& live = StreamAt(stream);
  const CUgraphExec_st& launched = ExecutableAt(executable);
  FAKE_CUDA_CHECK(live.capture == nullptr) << "the stand-in has no graphs within graphs";
  if (const cudaError_t error = fake_cuda::RefuseUseOf(live)) return Report(error);
  ++fake_cuda::MutableCounters().graph_launches;
  for (const Operation& operation : launched.operations) fake_cuda::SubmitTo(live, operation);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  const RuntimeCall call("cudaGraphExecDestroy");
  if (call.refused()) return *call.refused();
  fake_cuda::Objects<CUgraphExec_st>::Get().Destroy(executable);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const RuntimeCall call("cudaGraphDestroy");
  if (call.refused()) return *call.refused();
  fake_cuda::Objects<CUgraph_st>::Get().Destroy(graph);
  return cudaSuccess;
}

}  // extern "C"
