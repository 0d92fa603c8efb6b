// Apply runs an operation and records it. There is no other way to create a recorded tensor.
//
//   Tensor Square(const Tensor& x) { return Apply(std::make_shared<SquareOp>(), {x}); }
#ifndef ENGINE_TENSOR_APPLY_H_
#define ENGINE_TENSOR_APPLY_H_

#include <memory>
#include <vector>

#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// All inputs must be on one device. The result is recorded if an input is tracked and recording is on (RecordScope).
// The thread's OpObserver, if any, is notified of the operation.
Tensor Apply(std::shared_ptr<const Op> op, std::vector<Tensor> inputs);

}  // namespace sg

#endif  // ENGINE_TENSOR_APPLY_H_
