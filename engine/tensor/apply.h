// The only way to run an operation and to make a recorded tensor.
#ifndef ENGINE_TENSOR_APPLY_H_
#define ENGINE_TENSOR_APPLY_H_

#include <memory>
#include <vector>

#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// All inputs on one device. The result is recorded if an input is tracked and recording is on (RecordScope). What runs is told
// to the OpObserver, if there is one.
Tensor Apply(std::shared_ptr<const Op> op, std::vector<Tensor> inputs);

}  // namespace sg

#endif  // ENGINE_TENSOR_APPLY_H_
