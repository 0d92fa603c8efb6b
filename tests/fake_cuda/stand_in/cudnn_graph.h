// What the stand-in's cuDNN makes of a graph of operations: a convolution or one of its gradients, alone or followed by
// an identity or by an epilogue, and the engines for it. They are like those of the real library, which
// engine/backend/cuda/cudnn_support.md lists: engines for the convolution alone take f32 only; those for more
// operations are compiled, do not know groups, and take bf16 only where channels are multiples of 8.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CUDNN_GRAPH_H_
#define TESTS_FAKE_CUDA_STAND_IN_CUDNN_GRAPH_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/fake_cuda/stand_in/cudnn_backend_objects.h"

namespace fake_cuda {

enum class GraphKind : uint8_t { kAlone, kIdentity, kEpilogue };

struct GraphEngine {
  int64_t id;
  GraphKind kind;
  bool tensor_cores;
  bool deterministic;
  bool winograd;
  bool compiled;
  size_t workspace_bytes_per_output;
};

// The engines for a graph, the best first. Fails if its tensors do not fit together.
std::vector<const GraphEngine*> EnginesFor(BackendObject& graph, cudnnBackendHeurMode_t mode);

// The bytes that the engine of a plan needs.
int64_t WorkspaceOfPlan(const BackendObject& plan);

// Runs a plan. The pack must name exactly the tensors of the graph that are not virtual.
cudnnStatus_t RunPlan(cudnnHandle_t handle, const BackendObject& plan, const BackendObject& pack);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CUDNN_GRAPH_H_
