#include "engine/backend/cuda/queue/elementwise_kernel.h"

#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// Whether a quad never crosses the end of the fastest dimension, and steps of the other dimensions keep its alignment.
bool StaysPacked(const IndexMap<3>& map) {
  if (map.rank > 1 && map.extent[0].divisor % kQuad != 0) return false;
  for (int k = 0; k < 3; ++k) {
    if (map.stride[0][k] != 0 && map.stride[0][k] != 1) return false;
    for (int d = 1; d < map.rank; ++d) {
      if (map.stride[0][k] == 1 && map.stride[d][k] % kQuad != 0) return false;
    }
  }
  return true;
}

}  // namespace

QueuedKernel ElementwiseKernel(KernelKind kind, DType in_type, const TensorView& y) {
  QueuedKernel kernel = {};
  kernel.kind = kind;
  kernel.in_type = in_type;
  kernel.out_type = y.dtype;
  kernel.count = y.NumElements();
  kernel.blocks = (kernel.count + kElementsPerBlock - 1) / kElementsPerBlock;
  kernel.out = y.data;
  return kernel;
}

void MapOperands(const char* op, QueuedKernel* kernel, const Shape& result,
                 std::initializer_list<MappedOperand> operands) {
  SG_CHECK(operands.size() <= 3);
  Strides strides[3] = {};
  int k = 0;
  for (const MappedOperand& operand : operands) {
    kernel->mapped[k] = operand.data;
    if (operand.data != nullptr) strides[k] = operand.strides;
    ++k;
  }
  kernel->map = MakeIndexMap<3>(op, result, strides);
  kernel->packed = StaysPacked(kernel->map);
}

}  // namespace sg::cuda
