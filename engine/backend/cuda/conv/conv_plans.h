// The plans of convolutions. One is made when a geometry first occurs, and kept.
//
//   while (ConvPlan* plan = context.conv_plans().Find(context.cudnn(), problem)) {
//     const Scratch workspace(context, static_cast<size_t>(plan->workspace_bytes()));
//     const cudnnStatus_t status = plan->Execute(context.cudnn(), operands, workspace.data());
//     if (status == CUDNN_STATUS_SUCCESS) return;
//     context.conv_plans().Refuse(problem, status);
//   }
#ifndef ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_
#define ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_

#include <cudnn.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/common/byte_key.h"
#include "engine/backend/cuda/conv/conv_plan.h"
#include "engine/backend/cuda/conv/conv_problem.h"
#include "engine/backend/cuda/conv/descriptor_plan.h"
#include "engine/backend/cuda/conv/graph_plan.h"
#include "engine/backend/cuda/memory/step_capture.h"
#include "engine/base/conv_geometry.h"

namespace sg::cuda {

// The geometry and choices of a ConvProblem.
struct ConvPlanKey {
  int64_t kind, type, tf32, deterministic;
  int64_t x[4], w[4], y[4];
  ConvGeometry geometry;
  int64_t scale, bias, noise;
  int64_t numbers[4];  // of the epilogue, by their bits
};

class ConvPlans {
 public:
  ConvPlans(StepCapture* step_capture, int compute_capability, int64_t gpu_bytes)
      : step_capture_(step_capture), compute_capability_(compute_capability), gpu_bytes_(gpu_bytes) {}
  ConvPlans(const ConvPlans&) = delete;
  ConvPlans& operator=(const ConvPlans&) = delete;

  // The best plan that cuDNN has not refused: one of the graph API, else, for f32, one of the descriptor API. Null for
  // bf16 if there is none: the caller can widen the operands and ask again. For f32 that ends the process through
  // FailDevice. Says so if a plan does without tensor cores that the GPU has, and if making plans takes long.
  //
  // With an epilogue: null if cuDNN has no kernel for both that uses tensor cores, and if one would not pay
  // (plan_choice.h). The caller then convolves without.
  ConvPlan* Find(cudnnHandle_t handle, const ConvProblem& problem);

  // Notes that cuDNN has refused to run the plan of `problem`. Ends the process through FailDevice if `status` is a
  // failure of the GPU and no refusal.
  void Refuse(const ConvProblem& problem, cudnnStatus_t status);

  // A line for each convolution that has a plan: the problem, the engine, what it needs.
  std::vector<std::string> Describe() const;

  void Clear() { plans_.clear(); }

 private:
  // Once made, at most one of the two plans exists. With neither, the problem has none.
  struct Entry {
    bool made = false;
    std::unique_ptr<GraphPlan> graph;
    std::unique_ptr<DescriptorPlan> descriptor;
    std::vector<size_t> refused;  // candidates of the graph API
    bool reported = false;        // that a plan does without tensor cores
    std::string problem;          // in words

    ConvPlan* plan() const;
  };
  void Make(cudnnHandle_t handle, const ConvProblem& problem, Entry* entry) const;
  void ReportTime(std::chrono::steady_clock::duration spent);

  StepCapture* const step_capture_;
  const int compute_capability_;
  const int64_t gpu_bytes_;
  ByteKeyMap<ConvPlanKey, Entry> plans_;
  std::chrono::steady_clock::duration spent_{}, report_at_ = std::chrono::seconds(10);
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_CONV_PLANS_H_
