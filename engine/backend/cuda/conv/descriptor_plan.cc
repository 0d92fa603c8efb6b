// Uses the descriptor API of cuDNN, which version 9 calls "legacy" but still has. It takes NHWC, groups and any
// strides, and reports failures call by call.
#include "engine/backend/cuda/conv/conv_plans.h"

#include <ostream>
#include <sstream>

#include "engine/backend/cuda/vendor/check.h"

namespace sg::cuda {
namespace {

// More workspace gains little speed and costs the memory of a larger batch.
constexpr size_t kWorkspaceLimit = size_t{512} << 20;

// Algorithms that sum in a fixed order, fastest first. The others of each kind use atomics or need
// NCHW.
constexpr int kRepeatableForward[] = {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
                                      CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM};
constexpr int kRepeatableInputGrad[] = {CUDNN_CONVOLUTION_BWD_DATA_ALGO_1};
constexpr int kRepeatableWeightGrad[] = {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1};

constexpr int kMaxCandidates = 16;

const char* Name(ConvKind kind) {
  switch (kind) {
    case ConvKind::kForward: return "Conv2d";
    case ConvKind::kInputGrad: return "Conv2dInputGrad";
    case ConvKind::kWeightGrad: return "Conv2dWeightGrad";
  }
  return "";
}

std::ostream& operator<<(std::ostream& os, const ConvProblem& p) {
  return os << (p.type == CUDNN_DATA_BFLOAT16 ? "bf16" : "f32") << " x " << p.x << " w " << p.w << " y " << p.y
            << " with " << p.geometry << (p.deterministic ? ", deterministic" : "");
}

ConvPlanKey KeyOf(const ConvProblem& p) {
  ConvPlanKey key = {};
  key.kind = static_cast<int64_t>(p.kind);
  key.type = p.type;
  key.tensor_cores = p.tensor_cores;
  key.deterministic = p.deterministic;
  for (int d = 0; d < 4; ++d) {
    key.x[d] = p.x[d];
    key.w[d] = p.w[d];
    key.y[d] = p.y[d];
  }
  key.geometry = p.geometry;
  return key;
}

cudnnTensorDescriptor_t NewTensor(cudnnDataType_t type, const Shape& s) {
  cudnnTensorDescriptor_t tensor = nullptr;
  SG_CUDNN_CHECK(cudnnCreateTensorDescriptor(&tensor));
  SG_CUDNN_CHECK(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NHWC, type, static_cast<int>(s[0]),
                                            static_cast<int>(s[3]), static_cast<int>(s[1]), static_cast<int>(s[2])));
  return tensor;
}

void Describe(const ConvProblem& p, ConvPlans::Plan* plan) {
  plan->x = NewTensor(p.type, p.x);
  plan->y = NewTensor(p.type, p.y);
  SG_CUDNN_CHECK(cudnnCreateFilterDescriptor(&plan->w));
  SG_CUDNN_CHECK(cudnnSetFilter4dDescriptor(plan->w, p.type, CUDNN_TENSOR_NHWC, static_cast<int>(p.w[0]),
                                            static_cast<int>(p.w[3]), static_cast<int>(p.w[1]),
                                            static_cast<int>(p.w[2])));
  const ConvGeometry& g = p.geometry;
  SG_CUDNN_CHECK(cudnnCreateConvolutionDescriptor(&plan->conv));
  SG_CUDNN_CHECK(cudnnSetConvolution2dDescriptor(
      plan->conv, static_cast<int>(g.pad_h), static_cast<int>(g.pad_w), static_cast<int>(g.stride_h),
      static_cast<int>(g.stride_w), /*dilation_h=*/1, /*dilation_w=*/1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  SG_CUDNN_CHECK(cudnnSetConvolutionGroupCount(plan->conv, static_cast<int>(g.groups)));
}

// CUDNN_DEFAULT_MATH means TF32 on GPUs that have it.
cudnnMathType_t AllowedMath(const ConvProblem& p) {
  if (p.type == CUDNN_DATA_BFLOAT16) return CUDNN_TENSOR_OP_MATH;
  return p.tensor_cores ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH;
}

cudnnStatus_t WorkspaceBytes(cudnnHandle_t handle, ConvKind kind, const ConvPlans::Plan& plan, int id, size_t* bytes) {
  switch (kind) {
    case ConvKind::kForward:
      return cudnnGetConvolutionForwardWorkspaceSize(handle, plan.x, plan.w, plan.conv, plan.y,
                                                     static_cast<cudnnConvolutionFwdAlgo_t>(id), bytes);
    case ConvKind::kInputGrad:
      return cudnnGetConvolutionBackwardDataWorkspaceSize(handle, plan.w, plan.y, plan.conv, plan.x,
                                                          static_cast<cudnnConvolutionBwdDataAlgo_t>(id), bytes);
    case ConvKind::kWeightGrad:
      return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, plan.x, plan.y, plan.conv, plan.w,
                                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(id), bytes);
  }
  return CUDNN_STATUS_BAD_PARAM;
}

// Adds the algorithm if its workspace is within the limit.
void Consider(cudnnHandle_t handle, const ConvProblem& p, int id, cudnnMathType_t math, ConvPlans::Plan* plan) {
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(plan->conv, math));
  size_t bytes = 0;
  if (WorkspaceBytes(handle, p.kind, *plan, id, &bytes) != CUDNN_STATUS_SUCCESS || bytes > kWorkspaceLimit) return;
  plan->algorithms.push_back({id, math, bytes});
}

// Never uses a math type that lets cuDNN round f32 operands to less than TF32.
template <typename Perf>
void ConsiderAll(cudnnHandle_t handle, const ConvProblem& p, const Perf* perf, int count, ConvPlans::Plan* plan) {
  for (int i = 0; i < count; ++i) {
    if (perf[i].status != CUDNN_STATUS_SUCCESS) continue;
    Consider(handle, p, perf[i].algo, perf[i].mathType == CUDNN_FMA_MATH ? CUDNN_FMA_MATH : AllowedMath(p), plan);
  }
}

template <size_t kCount>
void ConsiderList(cudnnHandle_t handle, const ConvProblem& p, const int (&ids)[kCount], ConvPlans::Plan* plan) {
  for (int id : ids) Consider(handle, p, id, AllowedMath(p), plan);
}

// Adds cuDNN's ranking by heuristics. Ranking by measurement would synchronize, and differ from run to run.
void AskHeuristics(cudnnHandle_t handle, const ConvProblem& p, ConvPlans::Plan* plan) {
  int count = 0;
  switch (p.kind) {
    case ConvKind::kForward: {
      cudnnConvolutionFwdAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(cudnnGetConvolutionForwardAlgorithm_v7(handle, plan->x, plan->w, plan->conv, plan->y,
                                                            kMaxCandidates, &count, perf));
      return ConsiderAll(handle, p, perf, count, plan);
    }
    case ConvKind::kInputGrad: {
      cudnnConvolutionBwdDataAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, plan->w, plan->y, plan->conv, plan->x,
                                                                 kMaxCandidates, &count, perf));
      return ConsiderAll(handle, p, perf, count, plan);
    }
    case ConvKind::kWeightGrad: {
      cudnnConvolutionBwdFilterAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, plan->x, plan->y, plan->conv, plan->w,
                                                                   kMaxCandidates, &count, perf));
      return ConsiderAll(handle, p, perf, count, plan);
    }
  }
}

void ConsiderRepeatable(cudnnHandle_t handle, const ConvProblem& p, ConvPlans::Plan* plan) {
  switch (p.kind) {
    case ConvKind::kForward: return ConsiderList(handle, p, kRepeatableForward, plan);
    case ConvKind::kInputGrad: return ConsiderList(handle, p, kRepeatableInputGrad, plan);
    case ConvKind::kWeightGrad: return ConsiderList(handle, p, kRepeatableWeightGrad, plan);
  }
}

void Destroy(ConvPlans::Plan* plan) {
  SG_CUDNN_CHECK(cudnnDestroyConvolutionDescriptor(plan->conv));
  SG_CUDNN_CHECK(cudnnDestroyFilterDescriptor(plan->w));
  SG_CUDNN_CHECK(cudnnDestroyTensorDescriptor(plan->y));
  SG_CUDNN_CHECK(cudnnDestroyTensorDescriptor(plan->x));
}

}  // namespace

ConvPlans::Plan& ConvPlans::Get(cudnnHandle_t handle, const ConvProblem& problem) {
  const auto [place, is_new] = plans_.try_emplace(KeyOf(problem));
  Plan& plan = place->second;
  if (!is_new) return plan;
  step_capture_->Interrupt();  // cuDNN may have to load kernels
  Describe(problem, &plan);
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(plan.conv, AllowedMath(problem)));
  if (!problem.deterministic) AskHeuristics(handle, problem, &plan);
  ConsiderRepeatable(handle, problem, &plan);  // with heuristics, the last resort
  if (plan.algorithms.empty()) {
    std::ostringstream message;
    message << "[" << Name(problem.kind) << "] cuDNN " << cudnnGetVersion() << " has no algorithm for " << problem
            << " in " << (kWorkspaceLimit >> 20) << " MiB of workspace";
    Fail(message.str());
  }
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(plan.conv, plan.algorithms.front().math));
  return plan;
}

void ConvPlans::Clear() {
  for (auto& entry : plans_) Destroy(&entry.second);
  plans_.clear();
}

void TryNextAlgorithm(const ConvProblem& problem, cudnnStatus_t refusal, ConvPlans::Plan* plan) {
  if (plan->algorithms.size() == 1) {
    std::ostringstream message;
    message << "[" << Name(problem.kind) << "] cuDNN " << cudnnGetVersion() << " runs no algorithm for " << problem
            << ": the last, " << plan->algorithms.front().id << ", gave " << cudnnGetErrorString(refusal);
    Fail(message.str());
  }
  plan->algorithms.erase(plan->algorithms.begin());
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(plan->conv, plan->algorithms.front().math));
}

}  // namespace sg::cuda
