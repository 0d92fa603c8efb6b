// The kernels of the CPU backend, for f32 and bf16; Fill, Cast and StridedCopy accept every dtype. For f64 use the
// reference backend. Convolutions are in conv/, matrix products in onednn/, the OpenMP loops in loops/.
#ifndef ENGINE_BACKEND_CPU_CPU_KERNELS_H_
#define ENGINE_BACKEND_CPU_CPU_KERNELS_H_

#include "engine/backend/backend.h"
#include "engine/backend/cpu/conv/conv_method.h"

namespace sg::cpu {

class CpuKernels final : public Kernels {
 public:
  void Fill(const FillArgs& args) override;
  void Unary(const UnaryArgs& args) override;
  void Binary(const BinaryArgs& args) override;
  void Where(const WhereArgs& args) override;
  void Cast(const CastArgs& args) override;
  void StridedCopy(const StridedCopyArgs& args) override;

  void Reduce(const ReduceArgs& args) override;
  void WeightEnergy(const WeightEnergyArgs& args) override;
  void MatMul(const MatMulArgs& args) override;
  void Conv2d(const Conv2dArgs& args) override;
  void Conv2dInputGrad(const Conv2dInputGradArgs& args) override;
  void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) override;

  void UpFirDn2d(const UpFirDn2dArgs& args) override;
  void AffineSample(const AffineSampleArgs& args) override;
  void BiasAct(const BiasActArgs& args) override;
  void BiasActGrad(const BiasActGradArgs& args) override;

  void Random(const RandomArgs& args) override;

  void AdamStep(const AdamStepArgs& args) override;
  void Lerp(const LerpArgs& args) override;
  void SquaredNorm(const SquaredNormArgs& args) override;

  // The convolutions by a given method that CanCompute them, for measurements and tests.
  void Conv2dBy(ConvMethod method, const Conv2dArgs& args);
  void Conv2dInputGradBy(ConvMethod method, const Conv2dInputGradArgs& args);
  void Conv2dWeightGradBy(ConvMethod method, const Conv2dWeightGradArgs& args);

 private:
  void Compute(ConvMethod method, const Conv2dArgs& args);
  void ApplyEpilogue(const Conv2dArgs& args);  // to the convolution's result in args.y
  void Compute(ConvMethod method, const Conv2dInputGradArgs& args);
  void Compute(ConvMethod method, const Conv2dWeightGradArgs& args);
  void MatMulInPieces(const MatMulArgs& args);
};

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CPU_KERNELS_H_
