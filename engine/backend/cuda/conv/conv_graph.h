// The graphs of operations in which cuDNN is asked for a convolution.
//
//   ConvGraph graph = MakeConvGraph(problem, GraphForm::kIdentity, handle);
//   if (graph.graph().ok()) ...
#ifndef ENGINE_BACKEND_CUDA_CONV_CONV_GRAPH_H_
#define ENGINE_BACKEND_CUDA_CONV_CONV_GRAPH_H_

#include <cudnn.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend/cuda/conv/backend_descriptor.h"
#include "engine/backend/cuda/conv/conv_problem.h"

namespace sg::cuda {

enum class GraphForm : uint8_t {
  kAlone,     // the convolution
  kIdentity,  // its result is a virtual tensor, which an identity copies to the output
  kEpilogue,  // its result is a virtual tensor, which the steps of the epilogue turn into the output
};

// The names by which a graph is told where its tensors are. The last four are numbers in the host's memory.
enum ConvTensorName : int64_t {
  kXName = 1,
  kWName,
  kYName,
  kScaleName,
  kBiasName,
  kNoiseName,
  kStrengthName,
  kInGainName,
  kGainName,
  kLowName,
  kHighName,
  kFirstVirtualName,
};

struct ConvGraph {
  std::vector<std::unique_ptr<BackendDescriptor>> parts;  // the last is the graph, which refers to the others

  const BackendDescriptor& graph() const { return *parts.back(); }
};

// `handle` is null for a GPU that is only described. The status of the graph is an error where cuDNN has no such graph.
ConvGraph MakeConvGraph(const ConvProblem& problem, GraphForm form, cudnnHandle_t handle);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_CONV_GRAPH_H_
