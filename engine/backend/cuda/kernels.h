// The kernels of the CUDA backend, one function per kernel of Backend. Each queues its work on the compute stream and
// returns. f32 and bf16 (and what Fill, Cast and StridedCopy say); f64 belongs to the reference backend.
#ifndef ENGINE_BACKEND_CUDA_KERNELS_H_
#define ENGINE_BACKEND_CUDA_KERNELS_H_

#include "engine/backend/cuda/context.h"
#include "engine/backend/kernel_args.h"

namespace sg::cuda {

void Fill(Context& context, const FillArgs& args);
void Unary(Context& context, const UnaryArgs& args);
void Binary(Context& context, const BinaryArgs& args);
void Where(Context& context, const WhereArgs& args);
void Cast(Context& context, const CastArgs& args);
void StridedCopy(Context& context, const StridedCopyArgs& args);

void Reduce(Context& context, const ReduceArgs& args);
void MatMul(Context& context, const MatMulArgs& args);
void Conv2d(Context& context, const Conv2dArgs& args);
void Conv2dInputGrad(Context& context, const Conv2dInputGradArgs& args);
void Conv2dWeightGrad(Context& context, const Conv2dWeightGradArgs& args);

void UpFirDn2d(Context& context, const UpFirDn2dArgs& args);
void BiasAct(Context& context, const BiasActArgs& args);
void BiasActGrad(Context& context, const BiasActGradArgs& args);
void Random(Context& context, const RandomArgs& args);

void AdamStep(Context& context, const AdamStepArgs& args);
void Lerp(Context& context, const LerpArgs& args);
void SquaredNorm(Context& context, const SquaredNormArgs& args);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_H_
