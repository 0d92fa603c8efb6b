// Reduce: partial sums, then their sums. The second stage is the first stage applied to the table of partial sums.
#include <algorithm>

#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/compute_type.h"
#include "engine/backend/cuda/kernels/index_map.h"
#include "engine/backend/cuda/queue/queued_kernel.h"

namespace sg::cuda {
namespace {

int PowerOfTwoFrom(int64_t n, int most) {
  int power = 1;
  while (power < n && power < most) power *= 2;
  return power;
}

ReduceLayout MakeLayout(bool terms_are_dense, int64_t outputs, int64_t terms) {
  constexpr int kWarp = 32;  // neighboring elements of one memory access
  int lanes = terms_are_dense ? kBlockThreads : kBlockThreads / PowerOfTwoFrom(outputs, kWarp);
  lanes = std::min(lanes, PowerOfTwoFrom(terms, kBlockThreads));
  return {lanes, kBlockThreads / lanes, terms_are_dense};
}

// The number of parts that each sum is split into. There should be enough blocks for a large GPU, few enough terms per
// thread to keep f32 sums accurate, and enough terms per block to be worth a block.
int64_t Splits(const ReduceLayout& layout, int64_t outputs, int64_t terms) {
  constexpr int64_t kBlocks = 1024, kFewestTerms = 16, kMostTerms = 128, kMostSplits = 4096;
  const int64_t output_blocks = (outputs + layout.results - 1) / layout.results;
  const int64_t for_blocks = std::min(kBlocks / output_blocks, terms / (layout.lanes * kFewestTerms));
  const int64_t for_accuracy = (terms + layout.lanes * kMostTerms - 1) / (layout.lanes * kMostTerms);
  return std::clamp<int64_t>(std::max(for_blocks, for_accuracy), 1, kMostSplits);
}

struct Sum {
  IndexMap<3> results;  // offsets of the first term of a result in a and b
  IndexMap<2> terms;    // offsets of the other terms from there
  int64_t result_count, term_count;
  bool terms_are_dense;
};

// Queues one stage, which computes `splits` sums per result.
void AddSum(Context& context, const Sum& sum, int64_t splits, const TensorView& a, const TensorView& b,
            const TensorView& y, double alpha) {
  QueuedKernel kernel = {};
  kernel.kind = KernelKind::kReduce;
  kernel.in_type = a.dtype;
  kernel.out_type = y.dtype;
  kernel.count = sum.result_count;
  kernel.out = y.data;
  kernel.mapped[0] = a.data;
  kernel.mapped[1] = b.data;
  kernel.map = sum.results;
  kernel.terms = sum.terms;
  const ReduceLayout layout = MakeLayout(sum.terms_are_dense, sum.result_count, sum.term_count);
  const int64_t result_blocks = (sum.result_count + layout.results - 1) / layout.results;
  kernel.reduce = {result_blocks, sum.term_count, (sum.term_count + splits - 1) / splits, static_cast<float>(alpha),
                   layout};
  kernel.blocks = result_blocks * splits;
  context.queue().Add("Reduce", kernel, {{a}, {b}}, y);
}

void AddSums(Context& context, const Sum& sum, const TensorView& a, const TensorView& b, const TensorView& y,
             double alpha) {
  const ReduceLayout layout = MakeLayout(sum.terms_are_dense, sum.result_count, sum.term_count);
  const int64_t splits = Splits(layout, sum.result_count, sum.term_count);
  if (splits == 1) return AddSum(context, sum, 1, a, b, y, alpha);
  TensorView partial = {nullptr, DType::kF32, {splits, sum.result_count}};
  const Scratch scratch(context, static_cast<size_t>(partial.NumBytes()));
  partial.data = scratch.data();
  AddSum(context, sum, splits, a, b, partial, 1);
  Sum second;
  second.results = MakeIndexMap<3>("Reduce", {sum.result_count}, {Strides{1}, Strides{}, Strides{}});
  second.terms = MakeIndexMap<2>("Reduce", {splits}, {Strides{sum.result_count}, Strides{}});
  second.result_count = sum.result_count;
  second.term_count = splits;
  second.terms_are_dense = false;
  AddSum(context, second, 1, partial, TensorView(), y, alpha);
}

// A subset of the dimensions of a, with the strides of a and b along them.
struct Box {
  Shape extent;
  Strides a{}, b{};

  void Add(int64_t dim, int64_t a_stride, int64_t b_stride) {
    a[extent.rank()] = a_stride;
    b[extent.rank()] = b_stride;
    extent.Append(dim);
  }
};

}  // namespace

void CudaKernels::Reduce(const ReduceArgs& args) {
  CheckComputeType("Reduce", args.a.dtype);
  const bool has_b = args.b.data != nullptr;
  if (args.y.NumElements() == 0) return;
  if (args.a.NumElements() == 0) return Fill({args.y, 0});

  const Shape& shape = args.a.shape;
  const Strides a_strides = RowMajorStrides(shape), y_strides = BroadcastStrides(args.y.shape, shape);
  const Strides b_strides = has_b ? BroadcastStrides(args.b.shape, shape) : Strides{};
  Box kept, summed;
  bool terms_are_dense = false;
  for (int d = 0; d < shape.rank(); ++d) {
    if (shape[d] == 1) continue;
    terms_are_dense = y_strides[d] == 0;
    (terms_are_dense ? summed : kept).Add(shape[d], a_strides[d], b_strides[d]);
  }
  const Sum sum = {MakeIndexMap<3>("Reduce", kept.extent, {kept.a, kept.b, Strides{}}),
                   MakeIndexMap<2>("Reduce", summed.extent, {summed.a, summed.b}), kept.extent.NumElements(),
                   summed.extent.NumElements(), terms_are_dense};
  AddSums(context_, sum, args.a, args.b, args.y, args.alpha);
}

void CudaKernels::WeightEnergy(const WeightEnergyArgs& args) {
  TensorView y = args.y;
  y.shape = {args.w.shape[0], 1, 1, args.w.shape[3]};
  Reduce({args.w, args.w, y, args.alpha});
}

}  // namespace sg::cuda
