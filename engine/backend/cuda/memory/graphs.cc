#include "engine/backend/cuda/memory/graphs.h"

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

// False where the graph differs in more than an update can change.
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

void Graphs::Begin(const std::string& key) {
  SG_CHECK(!open()) << "[CUDA] BeginStep(\"" << key << "\") before the EndStep of \"" << key_ << "\"";
  key_ = key;
  phase_ = &phases_[key];
  if (!phase_->has_run) return;
  // Relaxed: the pool may call cudaMalloc, whose memory is not part of the graph and outlives it. Events that were
  // recorded outside may be queried.
  SG_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed));
  capturing_ = true;
  CountAsCaptured(true);
}

void Graphs::End() {
  SG_CHECK(open()) << "[CUDA] EndStep without BeginStep";
  if (capturing_) Finish(/*keep=*/true);
  phase_->has_run = true;
  phase_ = nullptr;
}

void Graphs::Interrupt() {
  if (capturing_) Finish(/*keep=*/false);
}

void Graphs::Finish(bool keep) {
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
    // One that still runs is freed when it has.
    SG_CUDA_CHECK(cudaGraphExecDestroy(once));
  }
  SG_CUDA_CHECK(cudaGraphDestroy(graph));
  for (cudaEvent_t event : pending_) SG_CUDA_CHECK(cudaEventRecord(event, stream_));
  pending_.clear();
}

void Graphs::Launch(cudaGraphExec_t graph) {
  SG_CUDA_CHECK(cudaGraphLaunch(graph, stream_));
  CountGraphLaunch();
}

// The executable of as many nodes, changed into `graph`, or a new one.
cudaGraphExec_t Graphs::UpToDate(cudaGraph_t graph, size_t nodes) {
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

void Graphs::Record(cudaEvent_t event) {
  if (capturing_) {
    pending_.push_back(event);
  } else {
    SG_CUDA_CHECK(cudaEventRecord(event, stream_));
  }
}

bool Graphs::IsPending(cudaEvent_t event) const {
  return std::find(pending_.begin(), pending_.end(), event) != pending_.end();
}

void Graphs::Clear() {
  for (auto& entry : phases_) {
    for (const Executable& executable : entry.second.executables) {
      SG_CUDA_CHECK(cudaGraphExecDestroy(executable.graph));
    }
  }
  phases_.clear();
}

}  // namespace sg::cuda
