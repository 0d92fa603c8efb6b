// BiasAct and BiasActGrad.
#include "engine/backend/cuda/check_args.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/queue/elementwise_work.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

void CheckScale(const char* op, const TensorView& scale, DType dtype, const Shape& x) {
  if (scale.data == nullptr) return;
  SG_CHECK(x.rank() >= 2) << "[" << op << "] a scale needs [N,...,C], got " << x;
  CheckTensor(op, "scale", scale, dtype, {x.dim(0), x.dim(-1)});
}

// Of a scale [N,C] over x [N,...,C].
Strides ScaleStrides(const Shape& x) {
  Strides strides{};
  strides[0] = x.dim(-1);
  strides[x.rank() - 1] = 1;
  return strides;
}

template <typename Args>
void SetActivation(const Args& args, Work* work) {
  work->math.in_gain = static_cast<float>(args.in_gain);
  work->math.slope = static_cast<float>(args.slope);
  work->math.gain = static_cast<float>(args.gain);
  work->math.clamp = static_cast<float>(args.clamp);
}

}  // namespace

void BiasAct(Context& context, const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  SG_CHECK(shape.rank() >= 1) << "[BiasAct] input must be [...,C]";
  CheckComputeType("BiasAct", dtype);
  CheckTensor("BiasAct", "y", args.y, dtype, shape);
  CheckScale("BiasAct", args.scale, dtype, shape);
  if (args.bias.data != nullptr) CheckTensor("BiasAct", "bias", args.bias, dtype, {shape.dim(-1)});
  if (args.noise.data != nullptr) {
    Shape one_channel = shape;
    one_channel.set_dim(-1, 1);
    CheckTensor("BiasAct", "noise", args.noise, dtype, one_channel);
    SG_CHECK(args.strength.data != nullptr && args.strength.dtype == dtype && args.strength.NumElements() == 1)
        << "[BiasAct] noise needs a strength of one element";
  }
  if (shape.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kBiasAct, dtype, args.y);
  work.same[0] = args.x.data;
  MapOperands("BiasAct", &work, shape,
              {{args.bias.data, BroadcastStrides(args.bias.shape, shape)},
               {args.noise.data, BroadcastStrides(args.noise.shape, shape)},
               {args.scale.data, ScaleStrides(shape)}});
  work.packed = work.packed && IsQuadAligned(args.x, args.scale, args.bias, args.y);
  SetActivation(args, &work);
  work.math.strength = args.noise.data != nullptr ? args.strength.data : nullptr;
  context.queue().Add("BiasAct", work, {{args.x, true}, {args.bias}, {args.noise}, {args.strength}, {args.scale}},
                      args.y);
}

void BiasActGrad(Context& context, const BiasActGradArgs& args) {
  CheckComputeType("BiasActGrad", args.dy.dtype);
  CheckTensor("BiasActGrad", "y", args.y, args.dy.dtype, args.dy.shape);
  CheckTensor("BiasActGrad", "dx", args.dx, args.dy.dtype, args.dy.shape);
  CheckScale("BiasActGrad", args.scale, args.dy.dtype, args.dy.shape);
  if (args.dy.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kBiasActGrad, args.dy.dtype, args.dx);
  work.same[0] = args.dy.data;
  work.same[1] = args.y.data;
  MapOperands("BiasActGrad", &work, args.dy.shape,
              {{nullptr, {}}, {nullptr, {}}, {args.scale.data, ScaleStrides(args.dy.shape)}});
  work.packed = work.packed && IsQuadAligned(args.dy, args.y, args.scale, args.dx);
  SetActivation(args, &work);
  context.queue().Add("BiasActGrad", work, {{args.dy, true}, {args.y, true}, {args.scale}}, args.dx);
}

}  // namespace sg::cuda
