// Convolutions by cuDNN's descriptor API, which version 9 calls "legacy" but still has: the way out for an f32 problem
// that the graph API (graph_plan.h) has no engine for.
//
//   DescriptorPlan plan(handle, problem, rules);
//   while (plan.HasAlgorithm() && IsRefusal(plan.Execute(handle, operands, workspace))) plan.TryNext();
#ifndef ENGINE_BACKEND_CUDA_CONV_DESCRIPTOR_PLAN_H_
#define ENGINE_BACKEND_CUDA_CONV_DESCRIPTOR_PLAN_H_

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/backend/cuda/conv/conv_plan.h"
#include "engine/backend/cuda/conv/conv_problem.h"
#include "engine/backend/cuda/conv/plan_choice.h"

namespace sg::cuda {

class DescriptorPlan final : public ConvPlan {
 public:
  // The operands of `problem` are f32. This API knows nothing about an engine but its math and whether it is in the
  // list of those that repeat their results.
  DescriptorPlan(cudnnHandle_t handle, const ConvProblem& problem, const PlanRules& rules);
  ~DescriptorPlan() override;
  DescriptorPlan(const DescriptorPlan&) = delete;
  DescriptorPlan& operator=(const DescriptorPlan&) = delete;

  // The other functions may be called only if this is true.
  bool HasAlgorithm() const { return current_ < algorithms_.size(); }
  // Drops the preferred algorithm, which cuDNN has refused to run.
  void TryNext();

  int64_t workspace_bytes() const override;
  bool uses_tensor_cores() const override { return algorithms_[current_].math != CUDNN_FMA_MATH; }
  cudnnStatus_t Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const override;
  std::string Describe() const override;

 private:
  struct Algorithm {
    int id;  // a cudnnConvolutionFwdAlgo_t, ...BwdDataAlgo_t or ...BwdFilterAlgo_t
    cudnnMathType_t math;
    size_t workspace_bytes;
  };

  cudnnStatus_t Run(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const;
  void MakeDescriptors(const ConvProblem& problem);
  void AskHeuristics(cudnnHandle_t handle);
  template <typename Perf>
  void ConsiderAll(cudnnHandle_t handle, const Perf* perf, int count);
  template <size_t kCount>
  void ConsiderList(cudnnHandle_t handle, const int (&ids)[kCount]);
  void ConsiderRepeatable(cudnnHandle_t handle);
  void Consider(cudnnHandle_t handle, int id, cudnnMathType_t math);
  cudnnStatus_t WorkspaceBytes(cudnnHandle_t handle, int id, size_t* bytes) const;
  cudnnMathType_t AllowedMath() const;

  const ConvKind kind_;
  const PlanRules rules_;
  cudnnTensorDescriptor_t x_ = nullptr, y_ = nullptr;
  cudnnFilterDescriptor_t w_ = nullptr;
  cudnnConvolutionDescriptor_t conv_ = nullptr;  // has the math type of the current algorithm
  std::vector<Algorithm> algorithms_;            // in the order of preference
  size_t current_ = 0;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_DESCRIPTOR_PLAN_H_
