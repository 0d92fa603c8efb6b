#include "engine/backend/cuda/conv/descriptor_plan.h"

#include "absl/strings/str_cat.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/shape.h"

namespace sg::cuda {
namespace {

// Algorithms that sum in a fixed order, fastest first. The others of each kind use atomics or need
// NCHW.
constexpr int kRepeatableForward[] = {CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
                                      CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM};
constexpr int kRepeatableInputGrad[] = {CUDNN_CONVOLUTION_BWD_DATA_ALGO_1};
constexpr int kRepeatableWeightGrad[] = {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1};

constexpr int kMaxCandidates = 16;
constexpr float kOne = 1, kZero = 0;

cudnnTensorDescriptor_t NewTensor(const Shape& s) {
  cudnnTensorDescriptor_t tensor = nullptr;
  SG_CUDNN_CHECK(cudnnCreateTensorDescriptor(&tensor));
  SG_CUDNN_CHECK(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NHWC, CUDNN_DATA_FLOAT, static_cast<int>(s[0]),
                                            static_cast<int>(s[3]), static_cast<int>(s[1]), static_cast<int>(s[2])));
  return tensor;
}

// Whether an algorithm is Winograd or FFT, which lose digits to cancellation.
bool IsTransform(cudnnConvolutionFwdAlgo_t id) {
  return id == CUDNN_CONVOLUTION_FWD_ALGO_FFT || id == CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING ||
         id == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD || id == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED;
}
bool IsTransform(cudnnConvolutionBwdDataAlgo_t id) {
  return id == CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT || id == CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING ||
         id == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD || id == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED;
}
bool IsTransform(cudnnConvolutionBwdFilterAlgo_t id) {
  return id == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT || id == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT_TILING ||
         id == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD || id == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED;
}

}  // namespace

DescriptorPlan::DescriptorPlan(cudnnHandle_t handle, const ConvProblem& problem, const PlanRules& rules)
    : kind_(problem.kind), rules_(rules) {
  MakeDescriptors(problem);
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(conv_, AllowedMath()));
  if (!rules_.deterministic) AskHeuristics(handle);
  ConsiderRepeatable(handle);  // with heuristics, the last resort
  if (HasAlgorithm()) SG_CUDNN_CHECK(cudnnSetConvolutionMathType(conv_, algorithms_[current_].math));
}

DescriptorPlan::~DescriptorPlan() {
  SG_CUDNN_CHECK(cudnnDestroyConvolutionDescriptor(conv_));
  SG_CUDNN_CHECK(cudnnDestroyFilterDescriptor(w_));
  SG_CUDNN_CHECK(cudnnDestroyTensorDescriptor(y_));
  SG_CUDNN_CHECK(cudnnDestroyTensorDescriptor(x_));
}

void DescriptorPlan::TryNext() {
  ++current_;
  if (HasAlgorithm()) SG_CUDNN_CHECK(cudnnSetConvolutionMathType(conv_, algorithms_[current_].math));
}

int64_t DescriptorPlan::workspace_bytes() const { return static_cast<int64_t>(algorithms_[current_].workspace_bytes); }

std::string DescriptorPlan::Describe() const { return absl::StrCat("algorithm ", algorithms_[current_].id); }

cudnnStatus_t DescriptorPlan::Execute(cudnnHandle_t handle, const ConvOperands& operands, void* workspace) const {
  const cudnnStatus_t status = Run(handle, operands, workspace);
  if (status == CUDNN_STATUS_SUCCESS) CountDescriptorConvolution();
  return status;
}

cudnnStatus_t DescriptorPlan::Run(cudnnHandle_t handle, const ConvOperands& t, void* workspace) const {
  const Algorithm& algorithm = algorithms_[current_];
  const size_t bytes = algorithm.workspace_bytes;
  switch (kind_) {
    case ConvKind::kForward:
      return cudnnConvolutionForward(handle, &kOne, x_, t.x, w_, t.w, conv_,
                                     static_cast<cudnnConvolutionFwdAlgo_t>(algorithm.id), workspace, bytes, &kZero, y_,
                                     t.y);
    case ConvKind::kInputGrad:
      return cudnnConvolutionBackwardData(handle, &kOne, w_, t.w, y_, t.y, conv_,
                                          static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm.id), workspace, bytes,
                                          &kZero, x_, t.x);
    case ConvKind::kWeightGrad:
      return cudnnConvolutionBackwardFilter(handle, &kOne, x_, t.x, y_, t.y, conv_,
                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm.id), workspace,
                                            bytes, &kZero, w_, t.w);
  }
  return CUDNN_STATUS_BAD_PARAM;
}

void DescriptorPlan::MakeDescriptors(const ConvProblem& p) {
  x_ = NewTensor(p.x);
  y_ = NewTensor(p.y);
  SG_CUDNN_CHECK(cudnnCreateFilterDescriptor(&w_));
  SG_CUDNN_CHECK(cudnnSetFilter4dDescriptor(w_, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NHWC, static_cast<int>(p.w[0]),
                                            static_cast<int>(p.w[3]), static_cast<int>(p.w[1]),
                                            static_cast<int>(p.w[2])));
  const ConvGeometry& g = p.geometry;
  SG_CUDNN_CHECK(cudnnCreateConvolutionDescriptor(&conv_));
  SG_CUDNN_CHECK(cudnnSetConvolution2dDescriptor(
      conv_, static_cast<int>(g.pad_h), static_cast<int>(g.pad_w), static_cast<int>(g.stride_h),
      static_cast<int>(g.stride_w), /*dilation_h=*/1, /*dilation_w=*/1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  SG_CUDNN_CHECK(cudnnSetConvolutionGroupCount(conv_, static_cast<int>(g.groups)));
}

// CUDNN_DEFAULT_MATH means TF32 on GPUs that have it.
cudnnMathType_t DescriptorPlan::AllowedMath() const { return rules_.full_f32 ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH; }

cudnnStatus_t DescriptorPlan::WorkspaceBytes(cudnnHandle_t handle, int id, size_t* bytes) const {
  switch (kind_) {
    case ConvKind::kForward:
      return cudnnGetConvolutionForwardWorkspaceSize(handle, x_, w_, conv_, y_,
                                                     static_cast<cudnnConvolutionFwdAlgo_t>(id), bytes);
    case ConvKind::kInputGrad:
      return cudnnGetConvolutionBackwardDataWorkspaceSize(handle, w_, y_, conv_, x_,
                                                          static_cast<cudnnConvolutionBwdDataAlgo_t>(id), bytes);
    case ConvKind::kWeightGrad:
      return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, x_, y_, conv_, w_,
                                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(id), bytes);
  }
  return CUDNN_STATUS_BAD_PARAM;
}

// Adds the algorithm if its workspace is within the limit.
void DescriptorPlan::Consider(cudnnHandle_t handle, int id, cudnnMathType_t math) {
  SG_CUDNN_CHECK(cudnnSetConvolutionMathType(conv_, math));
  size_t bytes = 0;
  if (WorkspaceBytes(handle, id, &bytes) != CUDNN_STATUS_SUCCESS) return;
  if (bytes <= static_cast<size_t>(rules_.workspace_limit)) algorithms_.push_back({id, math, bytes});
}

// Never uses a math type that lets cuDNN round f32 operands to less than TF32.
template <typename Perf>
void DescriptorPlan::ConsiderAll(cudnnHandle_t handle, const Perf* perf, int count) {
  for (int i = 0; i < count; ++i) {
    if (perf[i].status != CUDNN_STATUS_SUCCESS || (rules_.full_f32 && IsTransform(perf[i].algo))) continue;
    Consider(handle, perf[i].algo, perf[i].mathType == CUDNN_FMA_MATH ? CUDNN_FMA_MATH : AllowedMath());
  }
}

template <size_t kCount>
void DescriptorPlan::ConsiderList(cudnnHandle_t handle, const int (&ids)[kCount]) {
  for (int id : ids) Consider(handle, id, AllowedMath());
}

// Adds cuDNN's ranking by heuristics. Ranking by measurement would synchronize, and differ from run to run.
void DescriptorPlan::AskHeuristics(cudnnHandle_t handle) {
  int count = 0;
  switch (kind_) {
    case ConvKind::kForward: {
      cudnnConvolutionFwdAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(cudnnGetConvolutionForwardAlgorithm_v7(handle, x_, w_, conv_, y_, kMaxCandidates, &count, perf));
      return ConsiderAll(handle, perf, count);
    }
    case ConvKind::kInputGrad: {
      cudnnConvolutionBwdDataAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(
          cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, w_, y_, conv_, x_, kMaxCandidates, &count, perf));
      return ConsiderAll(handle, perf, count);
    }
    case ConvKind::kWeightGrad: {
      cudnnConvolutionBwdFilterAlgoPerf_t perf[kMaxCandidates];
      SG_CUDNN_CHECK(
          cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x_, y_, conv_, w_, kMaxCandidates, &count, perf));
      return ConsiderAll(handle, perf, count);
    }
  }
}

void DescriptorPlan::ConsiderRepeatable(cudnnHandle_t handle) {
  switch (kind_) {
    case ConvKind::kForward: return ConsiderList(handle, kRepeatableForward);
    case ConvKind::kInputGrad: return ConsiderList(handle, kRepeatableInputGrad);
    case ConvKind::kWeightGrad: return ConsiderList(handle, kRepeatableWeightGrad);
  }
}

}  // namespace sg::cuda
