// The kernels of the CPU backend, one function per kernel of Backend. f32 and bf16 (and what Fill, Cast and StridedCopy say);
// f64 belongs to the reference backend. conv2d.cc and matmul.cc call oneDNN, the others are OpenMP loops.
#ifndef ENGINE_BACKEND_CPU_KERNELS_H_
#define ENGINE_BACKEND_CPU_KERNELS_H_

#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/kernel_args.h"

namespace sg::cpu {

void Fill(const FillArgs& args);
void Unary(const UnaryArgs& args);
void Binary(const BinaryArgs& args);
void Where(const WhereArgs& args);
void Cast(const CastArgs& args);
void StridedCopy(const StridedCopyArgs& args);

void Reduce(const ReduceArgs& args);
void MatMul(const MatMulArgs& args);
void Conv2d(const Conv2dArgs& args);
void Conv2dInputGrad(const Conv2dInputGradArgs& args);
void Conv2dWeightGrad(const Conv2dWeightGradArgs& args);
// The same by a method of the caller's choice that CanCompute it, for measurements and tests.
void Conv2dBy(ConvMethod method, const Conv2dArgs& args);
void Conv2dInputGradBy(ConvMethod method, const Conv2dInputGradArgs& args);
void Conv2dWeightGradBy(ConvMethod method, const Conv2dWeightGradArgs& args);

void UpFirDn2d(const UpFirDn2dArgs& args);
void BiasAct(const BiasActArgs& args);
void BiasActGrad(const BiasActGradArgs& args);
void Random(const RandomArgs& args);

void AdamStep(const AdamStepArgs& args);
void Lerp(const LerpArgs& args);
void SquaredNorm(const SquaredNormArgs& args);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_KERNELS_H_
