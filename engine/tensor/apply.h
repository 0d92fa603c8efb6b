// The only way to run an operation and to make a recorded tensor.
#ifndef ENGINE_TENSOR_APPLY_H_
#define ENGINE_TENSOR_APPLY_H_

#include <memory>
#include <vector>

#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// All inputs on one device. The result is recorded if an input is tracked and recording is on (RecordScope).
Tensor Apply(std::shared_ptr<const Op> op, std::vector<Tensor> inputs);

// Called around every operation that Apply runs; null switches off. Set it while no operation runs. For profilers.
class OpObserver {
 public:
  virtual ~OpObserver() = default;
  virtual void Before(const Op& op, const Tensor& output) = 0;
  virtual void After(const Op& op, const Tensor& output) = 0;
};
void SetOpObserver(OpObserver* observer);

}  // namespace sg

#endif  // ENGINE_TENSOR_APPLY_H_
