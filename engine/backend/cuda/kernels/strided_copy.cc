// StridedCopy. Elements are combined into units as wide as extents, strides and addresses allow. Slices and
// concatenations along any dimension but the last thus move 16 bytes per access.
#include <algorithm>
#include <numeric>

#include "engine/backend/common/strided_box.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/index_map.h"
#include "engine/backend/cuda/queue/queued_kernel.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

// The memory range that the elements of a box of `t` span.
MemoryRange RangeOfBox(const TensorView& t, const Shape& extent, const Strides& strides, int64_t offset) {
  const BoxReach reach = ReachOfBox(extent, strides, offset);
  const int64_t bytes = SizeOf(t.dtype);
  return MemoryRange(t.as<const char>() + reach.first * bytes, (reach.last + 1 - reach.first) * bytes);
}

struct Box {
  Shape extent;
  Strides x{}, y{};
};

// Sorts the dimensions by the destination's strides, the largest first, so neighboring threads write neighboring
// elements.
Box InWriteOrder(const StridedCopyArgs& args) {
  int order[kMaxRank];
  std::iota(order, order + kMaxRank, 0);
  const int rank = args.extent.rank();
  std::stable_sort(order, order + rank,
                   [&](int a, int b) { return std::abs(args.y_strides[a]) > std::abs(args.y_strides[b]); });
  Box box;
  for (int d = 0; d < rank; ++d) {
    if (args.extent[order[d]] == 1) continue;
    box.x[box.extent.rank()] = args.x_strides[order[d]];
    box.y[box.extent.rank()] = args.y_strides[order[d]];
    box.extent.Append(args.extent[order[d]]);
  }
  return box;
}

// The number of elements, a power of two, that can move as one unit. Both sides must be dense in the last dimension,
// and all offsets must be multiples of the unit.
int64_t WideElements(const Box& box, int64_t element_bytes, const char* x, const char* y) {
  const int last = box.extent.rank() - 1;
  if (last < 0 || box.x[last] != 1 || box.y[last] != 1) return 1;
  int64_t wide = 16 / element_bytes;
  const auto divides = [&](int64_t n) { return n % wide == 0; };
  const auto fits = [&] {
    const uintptr_t bytes = static_cast<uintptr_t>(wide * element_bytes);
    bool all = divides(box.extent[last]) && reinterpret_cast<uintptr_t>(x) % bytes == 0 &&
               reinterpret_cast<uintptr_t>(y) % bytes == 0;
    for (int d = 0; all && d < last; ++d) all = divides(box.x[d]) && divides(box.y[d]);
    return all;
  };
  while (wide > 1 && !fits()) wide /= 2;
  return wide;
}

}  // namespace

void CudaKernels::StridedCopy(const StridedCopyArgs& args) {
  if (args.extent.NumElements() == 0) return;
  SG_CHECK(args.x.dtype != DType::kF64) << "[StridedCopy] no CUDA kernel for " << args.x.dtype;
  const MemoryRange from = RangeOfBox(args.x, args.extent, args.x_strides, args.x_offset);
  const MemoryRange to = RangeOfBox(args.y, args.extent, args.y_strides, args.y_offset);
  const int64_t bytes = SizeOf(args.x.dtype);
  const char* x = args.x.as<const char>() + args.x_offset * bytes;
  char* y = args.y.as<char>() + args.y_offset * bytes;
  Box box = InWriteOrder(args);
  const int64_t wide = WideElements(box, bytes, x, y);
  if (wide > 1) {
    const int last = box.extent.rank() - 1;
    box.extent.set_dim(last, box.extent[last] / wide);
    for (int d = 0; d < last; ++d) {
      box.x[d] /= wide;
      box.y[d] /= wide;
    }
  }
  QueuedKernel kernel = {};
  kernel.kind = KernelKind::kCopy;
  kernel.bytes = static_cast<uint8_t>(wide * bytes);
  kernel.count = box.extent.NumElements();
  kernel.blocks = (kernel.count + kElementsPerBlock - 1) / kElementsPerBlock;
  kernel.mapped[0] = x;
  kernel.out = y;
  kernel.map = MakeIndexMap<3>("StridedCopy", box.extent, {box.x, box.y, Strides{}});
  context_.queue().Add("StridedCopy", kernel, {{from}}, to);
}

}  // namespace sg::cuda
