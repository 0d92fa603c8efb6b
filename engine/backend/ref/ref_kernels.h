// The kernels of the reference backend, one source file per family.
#ifndef ENGINE_BACKEND_REF_REF_KERNELS_H_
#define ENGINE_BACKEND_REF_REF_KERNELS_H_

#include "engine/backend/backend.h"

namespace sg::ref {

class RefKernels final : public Kernels {
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
};

}  // namespace sg::ref

#endif  // ENGINE_BACKEND_REF_REF_KERNELS_H_
