// The one interface between tensors and hardware: memory, transfers and a closed set of kernels. Every implementation has
// every kernel; `ref` is the specification of what each computes.
//
// Calls may be asynchronous: a kernel returns before it has run, in the order of the calls. CopyToHost and Synchronize
// wait. Pointers that Allocate returns belong to the device and are dereferenced by the backend only.
#ifndef ENGINE_BACKEND_BACKEND_H_
#define ENGINE_BACKEND_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/backend/kernel_args.h"
#include "engine/base/device.h"
#include "engine/base/memory_stats.h"

namespace sg {

class Backend {
 public:
  virtual ~Backend() = default;

  virtual Device device() const = 0;
  virtual std::string Description() const = 0;  // one line: hardware, instruction set, threads, library versions
  // Whether convolutions and matrix products of this dtype run in hardware here; if not they are computed in f32.
  virtual bool IsFast(DType dtype) const = 0;

  // Memory. Contents of a new buffer are unspecified. Aligned to 64 bytes. Freeing keeps it for reuse.
  virtual void* Allocate(size_t bytes) = 0;
  virtual void Free(void* data) = 0;
  virtual MemoryStats Stats() const = 0;
  virtual void ResetPeak() = 0;
  virtual void CopyFromHost(void* to, const void* host, size_t bytes) = 0;  // `host` may be reused on return
  virtual void CopyToHost(void* host, const void* from, size_t bytes) = 0;  // waits
  virtual void Synchronize() = 0;

  // Work between the two, all of it asked for by one thread, may reach the device as a whole and at EndStep only; nothing
  // that waits (CopyToHost, Synchronize) may stand between them, nor another BeginStep. `key` names work that is much the
  // same every time. A backend that takes calls one by one does nothing. See engine/runtime/step_scope.h.
  virtual void BeginStep(const std::string& /*key*/) {}
  virtual void EndStep() {}

  // Elementwise and movement.
  virtual void Fill(const FillArgs& args) = 0;
  virtual void Unary(const UnaryArgs& args) = 0;
  virtual void Binary(const BinaryArgs& args) = 0;
  virtual void Where(const WhereArgs& args) = 0;
  virtual void Cast(const CastArgs& args) = 0;
  virtual void StridedCopy(const StridedCopyArgs& args) = 0;

  // Contractions.
  virtual void Reduce(const ReduceArgs& args) = 0;
  virtual void MatMul(const MatMulArgs& args) = 0;
  virtual void Conv2d(const Conv2dArgs& args) = 0;
  virtual void Conv2dInputGrad(const Conv2dInputGradArgs& args) = 0;
  virtual void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) = 0;

  // Fused for this model.
  virtual void UpFirDn2d(const UpFirDn2dArgs& args) = 0;
  virtual void BiasAct(const BiasActArgs& args) = 0;
  virtual void BiasActGrad(const BiasActGradArgs& args) = 0;

  virtual void Random(const RandomArgs& args) = 0;

  // In place, on leaves only.
  virtual void AdamStep(const AdamStepArgs& args) = 0;
  virtual void Lerp(const LerpArgs& args) = 0;
  virtual void SquaredNorm(const SquaredNormArgs& args) = 0;
};

}  // namespace sg

#endif  // ENGINE_BACKEND_BACKEND_H_
