#include "engine/backend/cuda/memory/step_capture.h"

#include <algorithm>

#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

cudaGraphExec_t Instantiate(cudaGraph_t graph) {
  cudaGraphExec_t executable = nullptr;
  SG_CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
  CountGraphInstantiation();
  return executable;
}

// Returns false if the graph differs in more than an update can change.
bool Update(cudaGraphExec_t executable, cudaGraph_t graph) {
  cudaGraphExecUpdateResultInfo info = {};
  const cudaError_t error = cudaGraphExecUpdate(executable, graph, &info);
  if (error == cudaErrorGraphExecUpdateFailure) {
    cudaGetLastError();  // clears it
    return false;
  }
  SG_CUDA_CHECK(error);
  CountGraphUpdate();
  return true;
}

}  // namespace

void StepCapture::Begin(const std::string& key) {
  SG_CHECK(!open()) << "[CUDA] BeginStep(\"" << key << "\") before the EndStep of \"" << key_ << "\"";
  key_ = key;
  phase_ = &phases_[key];
  if (!phase_->has_run) return;
  // Relaxed mode lets the pool call cudaMalloc, whose memory is not part of the graph and outlives it. It also lets
  // events that were recorded outside be queried.
  SG_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed));
  capturing_ = true;
  CountAsCaptured(true);
}

void StepCapture::End() {
  SG_CHECK(open()) << "[CUDA] EndStep without BeginStep";
  if (capturing_) Finish(/*keep=*/true);
  phase_->has_run = true;
  phase_ = nullptr;
}

void StepCapture::Interrupt() {
  if (capturing_) Finish(/*keep=*/false);
}

void StepCapture::Finish(bool keep) {
  cudaGraph_t graph = nullptr;
  SG_CUDA_CHECK(cudaStreamEndCapture(stream_, &graph));
  capturing_ = false;
  CountAsCaptured(false);
  size_t nodes = 0;
  SG_CUDA_CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  if (nodes > 0 && keep) {
    Launch(UpToDate(graph, nodes));
  } else if (nodes > 0) {
    const cudaGraphExec_t once = Instantiate(graph);
    Launch(once);
    // CUDA frees a graph that is still running when it has finished.
    SG_CUDA_CHECK(cudaGraphExecDestroy(once));
  }
  SG_CUDA_CHECK(cudaGraphDestroy(graph));
  for (cudaEvent_t event : pending_) SG_CUDA_CHECK(cudaEventRecord(event, stream_));
  pending_.clear();
}

void StepCapture::Launch(cudaGraphExec_t graph) {
  SG_CUDA_CHECK(cudaGraphLaunch(graph, stream_));
  CountGraphLaunch();
}

// Returns the executable with the same number of nodes, updated to `graph`, or a new one.
cudaGraphExec_t StepCapture::UpToDate(cudaGraph_t graph, size_t nodes) {
  std::vector<Executable>& executables = phase_->executables;
  const auto found =
      std::find_if(executables.begin(), executables.end(), [&](const Executable& e) { return e.nodes == nodes; });
  if (found != executables.end()) {
    std::rotate(executables.begin(), found, found + 1);
    Executable& first = executables.front();
    if (Update(first.graph, graph)) return first.graph;
    SG_CUDA_CHECK(cudaGraphExecDestroy(first.graph));
    executables.erase(executables.begin());
  } else if (executables.size() == kMaxExecutables) {
    SG_CUDA_CHECK(cudaGraphExecDestroy(executables.back().graph));
    executables.pop_back();
  }
  executables.insert(executables.begin(), {nodes, Instantiate(graph)});
  return executables.front().graph;
}

void StepCapture::Record(cudaEvent_t event) {
  if (capturing_) {
    pending_.push_back(event);
  } else {
    SG_CUDA_CHECK(cudaEventRecord(event, stream_));
  }
}

bool StepCapture::IsPending(cudaEvent_t event) const {
  return std::find(pending_.begin(), pending_.end(), event) != pending_.end();
}

void StepCapture::Clear() {
  for (auto& entry : phases_) {
    for (const Executable& executable : entry.second.executables) {
      SG_CUDA_CHECK(cudaGraphExecDestroy(executable.graph));
    }
  }
  phases_.clear();
}

}  // namespace sg::cuda
