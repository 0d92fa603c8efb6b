// Reduce: partial sums by blocks, then sums of the partial sums; no atomics, and a split that depends on the shapes
// alone, so that equal inputs give equal bits on every GPU. The second stage is the first one, applied to the table of
// partial sums.
#include <algorithm>

#include "engine/backend/cuda/check_args.h"
#include "engine/backend/cuda/device_functions.cuh"
#include "engine/backend/cuda/dispatch.h"
#include "engine/backend/cuda/index_map.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/launch.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;

// How a block's threads are laid out over outputs and over the terms of each: `lanes` threads share the sum of one
// output. The direction in which neighbouring threads step is the one in which `a` is dense.
struct Layout {
  int lanes, outputs;  // their product is kThreads
  bool terms_are_dense;
};

// y[split, o] = alpha * sum of a * b over the terms of one split, for every output o. `outputs` and `terms` give the offsets in
// a and b.
template <typename In, typename Out, bool kHasB>
__global__ void ReduceKernel(const In* a, const In* b, Out* y, IndexMap<2> outputs, IndexMap<2> terms,
                             int64_t output_count, int64_t term_count, int64_t terms_per_split, Layout layout,
                             float alpha) {
  __shared__ float partial[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = layout.terms_are_dense ? thread % layout.lanes : thread / layout.outputs;
  const int slot = layout.terms_are_dense ? thread / layout.lanes : thread % layout.outputs;
  const int64_t o = static_cast<int64_t>(blockIdx.x) * layout.outputs + slot;
  const int64_t begin = blockIdx.y * terms_per_split;
  const int64_t end = begin + terms_per_split < term_count ? begin + terms_per_split : term_count;
  float sum = 0;
  if (o < output_count) {
    const auto base = outputs.Map(o);
    for (int64_t t = begin + lane; t < end; t += layout.lanes) {
      const auto offset = terms.Map(t);
      const float value = ToFloat(a[base.at[0] + offset.at[0]]);
      sum += kHasB ? value * ToFloat(b[base.at[1] + offset.at[1]]) : value;
    }
  }
  float* mine = &partial[lane * layout.outputs + slot];
  *mine = sum;
  __syncthreads();
  for (int half = layout.lanes / 2; half > 0; half /= 2) {
    if (lane < half) *mine += mine[half * layout.outputs];
    __syncthreads();
  }
  if (lane == 0 && o < output_count) y[blockIdx.y * output_count + o] = FromFloat<Out>(alpha * *mine);
}

int PowerOfTwoFrom(int64_t n, int most) {
  int power = 1;
  while (power < n && power < most) power *= 2;
  return power;
}

Layout MakeLayout(bool terms_are_dense, int64_t outputs, int64_t terms) {
  constexpr int kWarp = 32;  // that many neighbours make one access to memory
  int lanes = terms_are_dense ? kThreads : kThreads / PowerOfTwoFrom(outputs, kWarp);
  lanes = std::min(lanes, PowerOfTwoFrom(terms, kThreads));
  return {lanes, kThreads / lanes, terms_are_dense};
}

// Into how many parts each sum is split: enough blocks for a large GPU, and no more terms for one thread than f32 adds
// up without drift, but no fewer than make a block worth its launch.
int64_t Splits(const Layout& layout, int64_t outputs, int64_t terms) {
  constexpr int64_t kBlocks = 1024, kFewestTerms = 16, kMostTerms = 128, kMostSplits = 4096;
  const int64_t output_blocks = (outputs + layout.outputs - 1) / layout.outputs;
  const int64_t for_blocks = std::min(kBlocks / output_blocks, terms / (layout.lanes * kFewestTerms));
  const int64_t for_accuracy = (terms + layout.lanes * kMostTerms - 1) / (layout.lanes * kMostTerms);
  return std::clamp<int64_t>(std::max(for_blocks, for_accuracy), 1, kMostSplits);
}

struct Sum {
  IndexMap<2> outputs, terms;
  int64_t output_count, term_count;
  bool terms_are_dense;
};

template <typename In, typename Out>
void LaunchReduce(Context& context, const Sum& sum, const Layout& layout, int64_t splits, const In* a, const In* b,
                  Out* y, float alpha) {
  const dim3 grid(static_cast<unsigned>((sum.output_count + layout.outputs - 1) / layout.outputs),
                  static_cast<unsigned>(splits));
  Launch("ReduceKernel", b != nullptr ? ReduceKernel<In, Out, true> : ReduceKernel<In, Out, false>, grid, kThreads, 0,
         context.stream(), a, b, y, sum.outputs, sum.terms, sum.output_count, sum.term_count,
         (sum.term_count + splits - 1) / splits, layout, alpha);
}

template <typename In, typename Out>
void RunReduce(Context& context, const Sum& sum, const In* a, const In* b, Out* y, float alpha) {
  const Layout layout = MakeLayout(sum.terms_are_dense, sum.output_count, sum.term_count);
  const int64_t splits = Splits(layout, sum.output_count, sum.term_count);
  if (splits == 1) return LaunchReduce(context, sum, layout, 1, a, b, y, alpha);
  const Scratch partial(context, static_cast<size_t>(splits * sum.output_count) * sizeof(float));
  LaunchReduce(context, sum, layout, splits, a, b, partial.as<float>(), 1.0f);
  Sum second;
  second.outputs = MakeIndexMap<2>("Reduce", {sum.output_count}, {Strides{1}, Strides{}});
  second.terms = MakeIndexMap<2>("Reduce", {splits}, {Strides{sum.output_count}, Strides{}});
  second.output_count = sum.output_count;
  second.term_count = splits;
  second.terms_are_dense = false;
  LaunchReduce<float, Out>(context, second, MakeLayout(false, sum.output_count, splits), 1, partial.as<float>(),
                           nullptr, y, alpha);
}

// Some of the dimensions of a, with the strides of a and b along them.
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

void Reduce(Context& context, const ReduceArgs& args) {
  CheckTensor("Reduce", "y", args.y, args.a.dtype, args.y.shape);
  const bool has_b = args.b.data != nullptr;
  if (has_b) CheckTensor("Reduce", "b", args.b, args.a.dtype, args.b.shape);
  if (args.y.NumElements() == 0) return;
  if (args.a.NumElements() == 0) return Fill(context, {args.y, 0});

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
  const Sum sum = {MakeIndexMap<2>("Reduce", kept.extent, {kept.a, kept.b}),
                   MakeIndexMap<2>("Reduce", summed.extent, {summed.a, summed.b}), kept.extent.NumElements(),
                   summed.extent.NumElements(), terms_are_dense};
  DispatchFloat("Reduce", args.a.dtype, [&](auto type) {
    using T = decltype(type);
    RunReduce(context, sum, args.a.as<const T>(), args.b.as<const T>(), args.y.as<T>(), static_cast<float>(args.alpha));
  });
}

}  // namespace sg::cuda
