// Convolutions by cuDNN's graph API. A problem becomes a graph of operations (conv_graph.h), cuDNN's heuristics name
// engines that compute it, and ChoosePlan (plan_choice.h) takes one.
//
// There are two graphs of a problem without an epilogue. The first is the convolution alone. In the second, an identity
// follows. That looks like more work and is less: cuDNN compiles a kernel for the whole graph, which reads channels
// last as they are, and converts bf16 operands to an f32 result. The kernels for the lone convolution do neither on
// most GPUs. They first copy the tensors to another layout, or do not exist. A problem with an epilogue has one graph,
// whose kernel is compiled in the same way.
//
//   const PlanTarget target = {context.cudnn(), nullptr};
//   std::unique_ptr<GraphPlan> plan = FindGraphPlan(problem, target, rules, {});
#ifndef ENGINE_BACKEND_CUDA_CONV_GRAPH_PLAN_H_
#define ENGINE_BACKEND_CUDA_CONV_GRAPH_PLAN_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/cuda/conv/backend_descriptor.h"
#include "engine/backend/cuda/conv/conv_graph.h"
#include "engine/backend/cuda/conv/conv_plan.h"
#include "engine/backend/cuda/conv/conv_problem.h"
#include "engine/backend/cuda/conv/plan_choice.h"

namespace sg::cuda {

// Where plans are to run. One of the two is null.
struct PlanTarget {
  cudnnHandle_t handle;                        // of a GPU
  const BackendDescriptor* device_properties;  // of a GPU that need not exist; a plan for it cannot be executed
};

class GraphPlan final : public ConvPlan {
 public:
  GraphPlan(ConvGraph graph, BackendDescriptor settings, BackendDescriptor plan, const PlanCandidate& candidate,
            GraphForm form, const ConvEpilogue& epilogue, const PlanChoice& choice)
      : graph_(std::move(graph)),
        settings_(std::move(settings)),
        plan_(std::move(plan)),
        candidate_(candidate),
        form_(form),
        epilogue_(epilogue),
        choice_(choice) {}

  int64_t workspace_bytes() const override { return choice_.workspace_bytes; }
  bool uses_tensor_cores() const override { return candidate_.tensor_cores; }
  cudnnStatus_t Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const override;
  std::string Describe() const override;

  const PlanCandidate& candidate() const { return candidate_; }
  GraphForm form() const { return form_; }
  size_t index() const { return choice_.index; }  // among the candidates of the problem

 private:
  ConvGraph graph_;  // to which the settings refer, and to these the plan
  BackendDescriptor settings_;
  BackendDescriptor plan_;
  PlanCandidate candidate_;
  GraphForm form_;
  ConvEpilogue epilogue_;
  PlanChoice choice_;
};

// The best plan for the problem, without the candidates that are listed in `refused` by their index. Null if cuDNN has
// none. With an epilogue, it has none where tensor cores may not be used.
std::unique_ptr<GraphPlan> FindGraphPlan(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
                                         const std::vector<size_t>& refused);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_GRAPH_PLAN_H_
