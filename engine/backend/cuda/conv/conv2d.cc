// Conv2d, Conv2dInputGrad and Conv2dWeightGrad by cuDNN.
#include "engine/backend/common/conv_epilogue.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/vendor/check.h"
#include "engine/backend/cuda/vendor/counters.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// The three tensors of a convolution. The kernel decides which of them is the result.
struct Operands {
  TensorView x, w, y;
};

TensorView& Result(ConvKind kind, Operands& t) {
  return kind == ConvKind::kForward ? t.y : kind == ConvKind::kInputGrad ? t.x : t.w;
}

// The two tensors that are not the result.
void Inputs(ConvKind kind, Operands& t, TensorView** first, TensorView** second) {
  *first = kind == ConvKind::kInputGrad ? &t.y : &t.x;
  *second = kind == ConvKind::kWeightGrad ? &t.y : &t.w;
}

ConvEpilogue FormOf(const Conv2dEpilogue& e) {
  return {e.scale.data != nullptr,       e.bias.data != nullptr,      e.noise.data != nullptr,
          static_cast<float>(e.in_gain), static_cast<float>(e.slope), static_cast<float>(e.gain),
          static_cast<float>(e.clamp)};
}

// Returns false if cuDNN has no way to do it, which happens only to bf16 and to epilogues.
bool Run(Context& context, ConvKind kind, Operands t, const ConvGeometry& geometry, bool tf32,
         const Conv2dEpilogue& e = {}) {
  TensorView *a, *b;
  Inputs(kind, t, &a, &b);
  const ConvProblem problem = {
      kind, a->dtype, t.x.shape, t.w.shape, t.y.shape, geometry, tf32, context.options().deterministic, FormOf(e)};
  // Before a new plan may interrupt a capture, so that what is waiting becomes a part of it.
  context.queue().Before({*a, *b}, {Result(kind, t)});
  while (const ConvPlan* plan = context.conv_plans().Find(context.cudnn(), problem)) {
    context.queue().Before({e.scale, e.bias, e.noise, e.strength}, {});
    const auto bytes = static_cast<size_t>(plan->workspace_bytes());
    const Scratch workspace = bytes > 0 ? Scratch(context, bytes) : Scratch();
    const ConvOperands operands = {t.x.data,    t.w.data,     t.y.data,       e.scale.data,
                                   e.bias.data, e.noise.data, e.strength.data};
    const cudnnStatus_t status = plan->Execute(context.cudnn(), operands, workspace.data());
    if (status == CUDNN_STATUS_SUCCESS) {
      CountLibraryCall();
      return true;
    }
    // Heuristics may propose what cuDNN then refuses to run.
    context.conv_plans().Refuse(problem, status);
  }
  return false;
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

  if (Run(context, kind, t, geometry, context.options().tf32)) return;
  const Converted wide_a = Widened(context, *a), wide_b = Widened(context, *b);
  *a = wide_a.view;
  *b = wide_b.view;
  Run(context, kind, t, geometry, /*tf32=*/true);  // exact: every bf16 number is a TF32 number
}

}  // namespace

void CudaKernels::Conv2d(const Conv2dArgs& args) {
  const Operands operands = {args.x, args.w, args.y};
  if (ChangesNothing(args.epilogue)) {
    return Convolve(context_, "Conv2d", ConvKind::kForward, operands, args.geometry);
  }
  CheckComputeType("Conv2d", args.x.dtype);
  const bool is_empty = args.x.NumElements() == 0 || args.w.NumElements() == 0 || args.y.NumElements() == 0;
  if (!is_empty && Run(context_, ConvKind::kForward, operands, args.geometry, context_.options().tf32, args.epilogue)) {
    return;
  }
  Convolve(context_, "Conv2d", ConvKind::kForward, operands, args.geometry);
  BiasAct(EpilogueInPlace(args));
}

void CudaKernels::Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  Convolve(context_, "Conv2dInputGrad", ConvKind::kInputGrad, {args.dx, args.w, args.dy}, args.geometry);
}

void CudaKernels::Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  Convolve(context_, "Conv2dWeightGrad", ConvKind::kWeightGrad, {args.x, args.dw, args.dy}, args.geometry);
}

}  // namespace sg::cuda
