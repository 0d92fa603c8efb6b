// BiasAct and BiasActGrad.
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/queue/elementwise_work.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

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

void CudaKernels::BiasAct(const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  CheckComputeType("BiasAct", dtype);
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
  context_.queue().Add("BiasAct", work, {{args.x, true}, {args.bias}, {args.noise}, {args.strength}, {args.scale}},
                       args.y);
}

void CudaKernels::BiasActGrad(const BiasActGradArgs& args) {
  CheckComputeType("BiasActGrad", args.dy.dtype);
  if (args.dy.NumElements() == 0) return;
  Work work = ElementwiseWork(WorkKind::kBiasActGrad, args.dy.dtype, args.dx);
  work.same[0] = args.dy.data;
  work.same[1] = args.y.data;
  MapOperands("BiasActGrad", &work, args.dy.shape,
              {{nullptr, {}}, {nullptr, {}}, {args.scale.data, ScaleStrides(args.dy.shape)}});
  work.packed = work.packed && IsQuadAligned(args.dy, args.y, args.scale, args.dx);
  SetActivation(args, &work);
  context_.queue().Add("BiasActGrad", work, {{args.dy, true}, {args.y, true}, {args.scale}}, args.dx);
}

}  // namespace sg::cuda
