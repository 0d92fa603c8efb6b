// BiasAct and BiasActGrad.
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/queue/elementwise_kernel.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// The strides of a scale [N,C] that is broadcast over x [N,...,C].
Strides ScaleStrides(const Shape& x) {
  Strides strides{};
  strides[0] = x.dim(-1);
  strides[x.rank() - 1] = 1;
  return strides;
}

template <typename Args>
void SetActivation(const Args& args, QueuedKernel* kernel) {
  kernel->math.in_gain = static_cast<float>(args.in_gain);
  kernel->math.slope = static_cast<float>(args.slope);
  kernel->math.gain = static_cast<float>(args.gain);
  kernel->math.clamp = static_cast<float>(args.clamp);
}

}  // namespace

void CudaKernels::BiasAct(const BiasActArgs& args) {
  const Shape& shape = args.x.shape;
  const DType dtype = args.x.dtype;
  CheckComputeType("BiasAct", dtype);
  if (shape.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kBiasAct, dtype, args.y);
  kernel.same[0] = args.x.data;
  MapOperands("BiasAct", &kernel, shape,
              {{args.bias.data, BroadcastStrides(args.bias.shape, shape)},
               {args.noise.data, BroadcastStrides(args.noise.shape, shape)},
               {args.scale.data, ScaleStrides(shape)}});
  kernel.packed = kernel.packed && IsQuadAligned(args.x, args.scale, args.bias, args.y);
  SetActivation(args, &kernel);
  kernel.math.strength = args.noise.data != nullptr ? args.strength.data : nullptr;
  context_.queue().Add("BiasAct", kernel, {{args.x, true}, {args.bias}, {args.noise}, {args.strength}, {args.scale}},
                       args.y);
}

void CudaKernels::BiasActGrad(const BiasActGradArgs& args) {
  CheckComputeType("BiasActGrad", args.dy.dtype);
  if (args.dy.NumElements() == 0) return;
  QueuedKernel kernel = ElementwiseKernel(KernelKind::kBiasActGrad, args.dy.dtype, args.dx);
  kernel.same[0] = args.dy.data;
  kernel.same[1] = args.y.data;
  MapOperands("BiasActGrad", &kernel, args.dy.shape,
              {{nullptr, {}}, {nullptr, {}}, {args.scale.data, ScaleStrides(args.dy.shape)}});
  kernel.packed = kernel.packed && IsQuadAligned(args.dy, args.y, args.scale, args.dx);
  SetActivation(args, &kernel);
  context_.queue().Add("BiasActGrad", kernel, {{args.dy, true}, {args.y, true}, {args.scale}}, args.dx);
}

}  // namespace sg::cuda
