// The interface between tensors and hardware: memory, transfers and a closed set of kernels. Every backend implements
// every kernel. The reference backend (`ref`) specifies what each kernel computes.
//
// Calls may be asynchronous: a kernel call can return before the kernel has run. Kernels run in the order of their
// calls. CopyToHost and Synchronize wait for all earlier calls. Allocate returns a device pointer, which only the
// backend may dereference.
#ifndef ENGINE_BACKEND_BACKEND_H_
#define ENGINE_BACKEND_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/backend/check_args.h"
#include "engine/backend/kernel_args.h"
#include "engine/base/device.h"
#include "engine/base/memory_stats.h"

namespace sg {

// The kernels that an implementation provides. Arguments have passed the checks of check_args.h. An implementation
// aborts on a dtype that it does not support.
class Kernels {
 public:
  virtual ~Kernels() = default;

  virtual void Fill(const FillArgs& args) = 0;
  virtual void Unary(const UnaryArgs& args) = 0;
  virtual void Binary(const BinaryArgs& args) = 0;
  virtual void Where(const WhereArgs& args) = 0;
  virtual void Cast(const CastArgs& args) = 0;
  virtual void StridedCopy(const StridedCopyArgs& args) = 0;

  virtual void Reduce(const ReduceArgs& args) = 0;
  virtual void WeightEnergy(const WeightEnergyArgs& args) = 0;
  virtual void MatMul(const MatMulArgs& args) = 0;
  virtual void Conv2d(const Conv2dArgs& args) = 0;
  virtual void Conv2dInputGrad(const Conv2dInputGradArgs& args) = 0;
  virtual void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) = 0;

  virtual void UpFirDn2d(const UpFirDn2dArgs& args) = 0;
  virtual void AffineSample(const AffineSampleArgs& args) = 0;
  virtual void BiasAct(const BiasActArgs& args) = 0;
  virtual void BiasActGrad(const BiasActGradArgs& args) = 0;

  virtual void Random(const RandomArgs& args) = 0;

  virtual void AdamStep(const AdamStepArgs& args) = 0;
  virtual void Lerp(const LerpArgs& args) = 0;
  virtual void SquaredNorm(const SquaredNormArgs& args) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Device device() const = 0;
  virtual std::string Description() const = 0;  // one line: hardware, instruction set, threads, library versions
  // Whether the device computes convolutions and matrix products of this dtype in hardware. If not, it computes them in
  // f32.
  virtual bool IsFast(DType dtype) const = 0;

  // Memory. Allocate returns uninitialized memory, aligned to 64 bytes, and calls FailDevice if there is none left.
  // Free keeps the memory for reuse.
  virtual void* Allocate(size_t bytes) = 0;
  virtual void Free(void* data) = 0;
  virtual MemoryStats Stats() const = 0;
  virtual void ResetPeak() = 0;
  virtual void CopyFromHost(void* to, const void* host, size_t bytes) = 0;  // `host` may be reused on return
  virtual void CopyToHost(void* host, const void* from, size_t bytes) = 0;  // waits for all earlier calls
  virtual void Synchronize() = 0;

  // Marks the calls of one training step, all from one thread. The backend may hold them back until EndStep and submit
  // them as a whole. Between BeginStep and EndStep, do not call CopyToHost, Synchronize or BeginStep. `key` names steps
  // that issue nearly the same calls each time. The default, for backends that submit each call at once, does nothing.
  // See engine/runtime/step_scope.h.
  virtual void BeginStep(const std::string& /*key*/) {}
  virtual void EndStep() {}

  // The kernels. Each call first checks its arguments (check_args.h) and aborts, naming the kernel and the operands, if
  // they do not fit together.

  // Elementwise and movement.
  void Fill(const FillArgs& args) { Call(&Kernels::Fill, args); }
  void Unary(const UnaryArgs& args) { Call(&Kernels::Unary, args); }
  void Binary(const BinaryArgs& args) { Call(&Kernels::Binary, args); }
  void Where(const WhereArgs& args) { Call(&Kernels::Where, args); }
  void Cast(const CastArgs& args) { Call(&Kernels::Cast, args); }
  void StridedCopy(const StridedCopyArgs& args) { Call(&Kernels::StridedCopy, args); }

  // Sums and products.
  void Reduce(const ReduceArgs& args) { Call(&Kernels::Reduce, args); }
  void WeightEnergy(const WeightEnergyArgs& args) { Call(&Kernels::WeightEnergy, args); }
  void MatMul(const MatMulArgs& args) { Call(&Kernels::MatMul, args); }
  void Conv2d(const Conv2dArgs& args) { Call(&Kernels::Conv2d, args); }
  void Conv2dInputGrad(const Conv2dInputGradArgs& args) { Call(&Kernels::Conv2dInputGrad, args); }
  void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) { Call(&Kernels::Conv2dWeightGrad, args); }

  // Fused kernels for StyleGAN2.
  void UpFirDn2d(const UpFirDn2dArgs& args) { Call(&Kernels::UpFirDn2d, args); }
  void AffineSample(const AffineSampleArgs& args) { Call(&Kernels::AffineSample, args); }
  void BiasAct(const BiasActArgs& args) { Call(&Kernels::BiasAct, args); }
  void BiasActGrad(const BiasActGradArgs& args) { Call(&Kernels::BiasActGrad, args); }

  void Random(const RandomArgs& args) { Call(&Kernels::Random, args); }

  // In place.
  void AdamStep(const AdamStepArgs& args) { Call(&Kernels::AdamStep, args); }
  void Lerp(const LerpArgs& args) { Call(&Kernels::Lerp, args); }
  void SquaredNorm(const SquaredNormArgs& args) { Call(&Kernels::SquaredNorm, args); }

 protected:
  // Prepares this thread and the device for a kernel. Returns the implementation, or null if the backend computes
  // nothing.
  virtual Kernels* BeginKernel() = 0;
  virtual void EndKernel() {}

 private:
  template <typename Args>
  void Call(void (Kernels::*kernel)(const Args&), const Args& args) {
    CheckArgs(args);
    Kernels* const kernels = BeginKernel();
    if (kernels == nullptr) return;
    const KernelEnd end{this};
    (kernels->*kernel)(args);
  }
  // Also ends a kernel that has run out of memory (engine/base/device_failure.h).
  struct KernelEnd {
    ~KernelEnd() { backend->EndKernel(); }
    Backend* const backend;
  };
};

}  // namespace sg

#endif  // ENGINE_BACKEND_BACKEND_H_
