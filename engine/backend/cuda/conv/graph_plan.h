// Convolutions by cuDNN's graph API. A problem becomes a graph of operations, cuDNN's heuristics name engines that
// compute it, and ChoosePlan (plan_choice.h) takes one.
//
// There are two graphs of a problem. The first is the convolution alone. In the second, its result is a virtual tensor,
// which an identity copies to the output. That looks like more work and is less: cuDNN compiles a kernel for the whole
// graph, which reads channels last as they are, and converts bf16 operands to an f32 result. The kernels for the lone
// convolution do neither on most GPUs. They first copy the tensors to another layout, or do not exist.
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
  GraphPlan(std::vector<BackendDescriptor> parts, BackendDescriptor plan, const PlanCandidate& candidate, bool fused,
            const PlanChoice& choice)
      : parts_(std::move(parts)), plan_(std::move(plan)), candidate_(candidate), fused_(fused), choice_(choice) {}

  int64_t workspace_bytes() const override { return choice_.workspace_bytes; }
  bool uses_tensor_cores() const override { return candidate_.tensor_cores; }
  cudnnStatus_t Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const override;
  std::string Describe() const override;

  const PlanCandidate& candidate() const { return candidate_; }
  bool fused() const { return fused_; }           // with the identity
  size_t index() const { return choice_.index; }  // among the candidates of the problem

 private:
  std::vector<BackendDescriptor> parts_;  // to which the plan refers
  BackendDescriptor plan_;
  PlanCandidate candidate_;
  bool fused_;
  PlanChoice choice_;
};

// The best plan for the problem, without the candidates that are listed in `refused` by their index. Null if cuDNN has
// none.
std::unique_ptr<GraphPlan> FindGraphPlan(const ConvProblem& problem, const PlanTarget& target, const PlanRules& rules,
                                         const std::vector<size_t>& refused);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_GRAPH_PLAN_H_
