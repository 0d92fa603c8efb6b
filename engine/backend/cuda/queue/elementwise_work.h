// Makes elementwise works (work.h).
#ifndef ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_WORK_H_
#define ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_WORK_H_

#include <cstdint>
#include <initializer_list>

#include "engine/backend/cuda/queue/work.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg::cuda {

// Whether four neighbors can be read and written at once from the beginning on. A tensor without data can.
inline bool IsQuadAligned(const TensorView& t) {
  return reinterpret_cast<uintptr_t>(t.data) % static_cast<uintptr_t>(kQuad * SizeOf(t.dtype)) == 0;
}
template <typename... Tensors>
bool IsQuadAligned(const TensorView& first, const Tensors&... others) {
  return IsQuadAligned(first) && IsQuadAligned(others...);
}

// A work that makes every element of y, from operands of in_type; without operands yet.
Work ElementwiseWork(WorkKind kind, DType in_type, const TensorView& y);

struct MappedOperand {
  const void* data;  // null: there is none
  Strides strides;   // over the result's shape; 0 where it repeats
};
// At most three. Also says whether all of them may be read four at a time, as far as extents and strides are concerned.
void MapOperands(const char* op, Work* work, const Shape& result, std::initializer_list<MappedOperand> operands);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_WORK_H_
