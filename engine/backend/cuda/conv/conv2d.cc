// Conv2d, Conv2dInputGrad and Conv2dWeightGrad by cuDNN.
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

constexpr float kOne = 1, kZero = 0;

// The three tensors of a convolution. The kernel decides which of them is the result.
struct Operands {
  TensorView x, w, y;
};

const char* Name(ConvKind kind) {
  switch (kind) {
    case ConvKind::kForward: return "cudnnConvolutionForward";
    case ConvKind::kInputGrad: return "cudnnConvolutionBackwardData";
    case ConvKind::kWeightGrad: return "cudnnConvolutionBackwardFilter";
  }
  return "";
}

cudnnStatus_t Run(cudnnHandle_t handle, ConvKind kind, const ConvPlans::Plan& plan, const Operands& t,
                  void* workspace) {
  const ConvPlans::Algorithm& algorithm = plan.algorithms.front();
  const size_t bytes = algorithm.workspace_bytes;
  switch (kind) {
    case ConvKind::kForward:
      return cudnnConvolutionForward(handle, &kOne, plan.x, t.x.data, plan.w, t.w.data, plan.conv,
                                     static_cast<cudnnConvolutionFwdAlgo_t>(algorithm.id), workspace, bytes, &kZero,
                                     plan.y, t.y.data);
    case ConvKind::kInputGrad:
      return cudnnConvolutionBackwardData(handle, &kOne, plan.w, t.w.data, plan.y, t.y.data, plan.conv,
                                          static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm.id), workspace, bytes,
                                          &kZero, plan.x, t.x.data);
    case ConvKind::kWeightGrad:
      return cudnnConvolutionBackwardFilter(handle, &kOne, plan.x, t.x.data, plan.y, t.y.data, plan.conv,
                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm.id), workspace,
                                            bytes, &kZero, plan.w, t.w.data);
  }
  return CUDNN_STATUS_BAD_PARAM;
}

TensorView& Result(ConvKind kind, Operands& t) {
  return kind == ConvKind::kForward ? t.y : kind == ConvKind::kInputGrad ? t.x : t.w;
}

// The two tensors that are not the result.
void Inputs(ConvKind kind, Operands& t, TensorView** first, TensorView** second) {
  *first = kind == ConvKind::kInputGrad ? &t.y : &t.x;
  *second = kind == ConvKind::kWeightGrad ? &t.y : &t.w;
}

void RunInF32(Context& context, ConvKind kind, Operands t, const ConvGeometry& geometry, bool tensor_cores) {
  TensorView *a, *b;
  Inputs(kind, t, &a, &b);
  context.queue().Before({*a, *b}, {Result(kind, t)});
  const ConvProblem problem = {kind,      CUDNN_DATA_FLOAT, t.x.shape,    t.w.shape,
                               t.y.shape, geometry,         tensor_cores, context.options().deterministic};
  ConvPlans::Plan& plan = context.conv_plans().Get(context.cudnn(), problem);
  while (true) {
    const size_t bytes = plan.algorithms.front().workspace_bytes;
    const Scratch workspace = bytes > 0 ? Scratch(context, bytes) : Scratch();
    const cudnnStatus_t status = Run(context.cudnn(), kind, plan, t, workspace.data());
    if (status == CUDNN_STATUS_SUCCESS) break;
    // The heuristics may propose an algorithm that cuDNN then refuses to run. Any other error is a failure.
    if (CUDNN_STATUS_CATEGORY(status) != CUDNN_STATUS_NOT_SUPPORTED) FailCall({Name(kind), __FILE__, __LINE__}, status);
    TryNextAlgorithm(problem, status, &plan);
  }
  CountLibraryCall();
}

// A copy of `t` in another type, in scratch memory.
struct Converted {
  Converted(Context& context, const TensorView& t, DType dtype)
      : view{nullptr, dtype, t.shape}, scratch(context, static_cast<size_t>(view.NumBytes())) {
    view.data = scratch.data();
  }
  TensorView view;
  Scratch scratch;
};

Converted Widened(Context& context, const TensorView& t) {
  Converted wide(context, t, DType::kF32);
  CudaKernels(context).Cast({t, wide.view});
  return wide;
}

void Convolve(Context& context, const char* op, ConvKind kind, Operands t, const ConvGeometry& geometry) {
  TensorView *a, *b;
  const TensorView& result = Result(kind, t);
  Inputs(kind, t, &a, &b);
  CheckComputeType(op, a->dtype);
  if (result.NumElements() == 0) return;
  if (a->NumElements() == 0 || b->NumElements() == 0) return CudaKernels(context).Fill({result, 0});

  if (a->dtype == DType::kF32) return RunInF32(context, kind, t, geometry, context.options().tf32);
  const Converted wide_a = Widened(context, *a), wide_b = Widened(context, *b);
  *a = wide_a.view;
  *b = wide_b.view;
  RunInF32(context, kind, t, geometry, /*tensor_cores=*/true);  // exact: every bf16 number is a TF32 number
}

}  // namespace

void CudaKernels::Conv2d(const Conv2dArgs& args) {
  Convolve(context_, "Conv2d", ConvKind::kForward, {args.x, args.w, args.y}, args.geometry);
}

void CudaKernels::Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  Convolve(context_, "Conv2dInputGrad", ConvKind::kInputGrad, {args.dx, args.w, args.dy}, args.geometry);
}

void CudaKernels::Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  Convolve(context_, "Conv2dWeightGrad", ConvKind::kWeightGrad, {args.x, args.dw, args.dy}, args.geometry);
}

}  // namespace sg::cuda
