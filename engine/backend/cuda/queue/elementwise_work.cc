#include "engine/backend/cuda/queue/elementwise_work.h"

#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// Whether a quad never crosses the end of the fastest dimension, and every step of the others keeps the alignment.
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

Work ElementwiseWork(WorkKind kind, DType in_type, const TensorView& y) {
  Work work = {};
  work.kind = kind;
  work.in_type = in_type;
  work.out_type = y.dtype;
  work.count = y.NumElements();
  work.blocks = (work.count + kElementsPerBlock - 1) / kElementsPerBlock;
  work.out = y.data;
  return work;
}

void MapOperands(const char* op, Work* work, const Shape& result, std::initializer_list<MappedOperand> operands) {
  SG_CHECK(operands.size() <= 3);
  Strides strides[3] = {};
  int k = 0;
  for (const MappedOperand& operand : operands) {
    work->mapped[k] = operand.data;
    if (operand.data != nullptr) strides[k] = operand.strides;
    ++k;
  }
  work->map = MakeIndexMap<3>(op, result, strides);
  work->packed = StaysPacked(work->map);
}

}  // namespace sg::cuda
