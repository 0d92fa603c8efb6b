// Builds QueuedKernels of elementwise kinds.
//
//   QueuedKernel kernel = ElementwiseKernel(KernelKind::kUnary, x.dtype, y);
//   kernel.same[0] = x.data;
//   kernel.packed = IsQuadAligned(x, y);
#ifndef ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_KERNEL_H_
#define ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_KERNEL_H_

#include <cstdint>
#include <initializer_list>

#include "engine/backend/cuda/queue/queued_kernel.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg::cuda {

// Whether the first element is aligned for accesses of four elements. True for a tensor without data.
inline bool IsQuadAligned(const TensorView& t) {
  return reinterpret_cast<uintptr_t>(t.data) % static_cast<uintptr_t>(kQuad * SizeOf(t.dtype)) == 0;
}
template <typename... Tensors>
bool IsQuadAligned(const TensorView& first, const Tensors&... others) {
  return IsQuadAligned(first) && IsQuadAligned(others...);
}

// A kernel that computes every element of y from operands of in_type. The caller adds the operands.
QueuedKernel ElementwiseKernel(KernelKind kind, DType in_type, const TensorView& y);

struct MappedOperand {
  const void* data;  // null if the operand is absent
  Strides strides;   // over the shape of the result; 0 along broadcast dimensions
};
// Sets mapped, map and packed for at most three operands. `packed` then reflects extents and strides only; the caller
// adds the alignment of the addresses.
void MapOperands(const char* op, QueuedKernel* kernel, const Shape& result,
                 std::initializer_list<MappedOperand> operands);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_QUEUE_ELEMENTWISE_KERNEL_H_
