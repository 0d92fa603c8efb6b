#include "engine/backend/cpu/conv/direct_conv2d.h"

#include <omp.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/cpu/memory/packed_weights.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/cpu/onednn/compute_type.h"
#include "engine/backend/cpu/onednn/onednn.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

enum Direction : int64_t { kForward, kInputGrad, kWeightGrad };

struct ConvKey {
  int64_t direction, dtype;
  int64_t n, h, w, c;  // x
  int64_t ho, wo, o;   // y
  int64_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, groups;
  int64_t threads;
};

struct DirectConv {
  DType dtype;                       // of the operands; results are f32
  dnnl_memory_desc_t x, y;           // NHWC
  dnnl_memory_desc_t weights;        // the primitive's layout
  dnnl_memory_desc_t plain_weights;  // row-major [O,kH,kW,C/groups]
  std::string layout;                // LayoutName() of the primitive's layout
  std::unique_ptr<Primitive> compute;
  std::unique_ptr<Primitive> reorder;  // packs weights or unpacks their gradient; null if the layouts are equal
};

std::vector<int64_t> WeightDims(const ConvKey& key) {
  std::vector<int64_t> dims = {key.o / key.groups, key.c / key.groups, key.kernel_h, key.kernel_w};
  if (key.groups > 1) dims.insert(dims.begin(), key.groups);
  return dims;
}

// oneDNN's implementation for operands of `dtype`, or null if it has none.
PrimitiveDesc MakeConvDesc(const ConvKey& key, DType dtype) {
  const int64_t x_dims[] = {key.n, key.c, key.h, key.w}, y_dims[] = {key.n, key.o, key.ho, key.wo};
  const auto image = [dtype](absl::Span<const int64_t> dims, bool result) {
    return MakeDesc(dims, result ? DType::kF32 : dtype, dnnl_nhwc);
  };
  const dnnl_memory_desc_t x = image(x_dims, key.direction == kInputGrad);
  const dnnl_memory_desc_t y = image(y_dims, key.direction == kForward);
  const dnnl_memory_desc_t w =
      MakeDesc(WeightDims(key), key.direction == kWeightGrad ? DType::kF32 : dtype, dnnl_format_tag_any);
  const dnnl_dims_t strides = {key.stride_h, key.stride_w}, pad = {key.pad_h, key.pad_w};

  // oneDNN derives a backward description from a forward one of the same operand types.
  const dnnl_memory_desc_t hint_x = image(x_dims, false), hint_y = image(y_dims, key.direction == kForward);
  const dnnl_memory_desc_t hint_w = MakeDesc(WeightDims(key), dtype, dnnl_format_tag_any);
  dnnl_convolution_desc_t operation;
  SG_DNNL(dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, dnnl_convolution_direct, &hint_x,
                                             &hint_w, nullptr, &hint_y, strides, pad, pad));
  PrimitiveDesc forward = MakePrimitiveDesc(&operation, nullptr);
  if (forward == nullptr || key.direction == kForward) return forward;
  if (key.direction == kInputGrad) {
    SG_DNNL(
        dnnl_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &x, &w, &y, strides, pad, pad));
  } else {
    SG_DNNL(dnnl_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &x, &w, nullptr, &y,
                                                        strides, pad, pad));
  }
  return MakePrimitiveDesc(&operation, forward);
}

std::unique_ptr<DirectConv> MakeConv(const ConvKey& key) {
  auto conv = std::make_unique<DirectConv>();
  conv->dtype = static_cast<DType>(key.dtype);
  PrimitiveDesc desc = MakeConvDesc(key, conv->dtype);
  if (IsPoor(desc) && conv->dtype != DType::kF32) {
    conv->dtype = DType::kF32;
    desc = MakeConvDesc(key, conv->dtype);
  }
  SG_CHECK(desc != nullptr) << "[Conv2d] oneDNN has no convolution for [" << key.n << "," << key.h << "," << key.w
                            << "," << key.c << "] with kernel " << key.kernel_h << "x" << key.kernel_w << ", " << key.o
                            << " output channels, " << key.groups << " groups";
  conv->compute = std::make_unique<Primitive>(std::move(desc));
  const bool grad = key.direction == kWeightGrad;
  conv->x = conv->compute->desc(key.direction == kInputGrad ? dnnl_query_diff_src_md : dnnl_query_src_md);
  conv->y = conv->compute->desc(key.direction == kForward ? dnnl_query_dst_md : dnnl_query_diff_dst_md);
  conv->weights = conv->compute->desc(grad ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
  conv->layout = LayoutName(conv->weights);
  conv->plain_weights =
      MakeDesc(WeightDims(key), grad ? DType::kF32 : conv->dtype, key.groups > 1 ? dnnl_gohwi : dnnl_ohwi);
  if (dnnl_memory_desc_equal(&conv->weights, &conv->plain_weights) == 0) {
    conv->reorder = std::make_unique<Primitive>(grad ? MakeReorderDesc(conv->weights, conv->plain_weights)
                                                     : MakeReorderDesc(conv->plain_weights, conv->weights));
  }
  return conv;
}

const DirectConv& GetConv(Direction direction, DType dtype, const Shape& x, const Shape& w, const Shape& y,
                          const ConvGeometry& g) {
  SG_CHECK((w[1] != 1 || w[2] != 1) || (g.stride_h == 1 && g.stride_w == 1 && g.pad_h == 0 && g.pad_w == 0))
      << "[Conv2d] direct 1x1 convolution with " << g;
  static auto* const cache = new PrimitiveCache<ConvKey, DirectConv>;
  const ConvKey key = {direction,
                       static_cast<int64_t>(ComputeType(dtype)),
                       x[0],
                       x[1],
                       x[2],
                       x[3],
                       y[1],
                       y[2],
                       y[3],
                       w[1],
                       w[2],
                       g.stride_h,
                       g.stride_w,
                       g.pad_h,
                       g.pad_w,
                       g.groups,
                       omp_get_max_threads()};
  return cache->Get(key, MakeConv);
}

// `w` converted and packed for `conv`. Returns w's data itself and leaves `*held` empty if neither is needed.
const void* PackedFor(const DirectConv& conv, const TensorView& w, PackedWeights::Buffer* held) {
  if (w.dtype == conv.dtype && conv.reorder == nullptr) return w.data;
  const size_t packed_bytes = dnnl_memory_desc_get_size(&conv.weights);
  const auto pack = [&](void* packed) {
    PoolBuffer converted;
    const TensorView plain = InType(w, conv.dtype, &converted);
    if (conv.reorder != nullptr) {
      conv.reorder->Execute({{DNNL_ARG_FROM, &conv.plain_weights, plain.data}, {DNNL_ARG_TO, &conv.weights, packed}});
    } else {
      std::memcpy(packed, plain.data, static_cast<size_t>(plain.NumBytes()));
    }
  };
  *held = CpuPackedWeights().Get(w, conv.layout, packed_bytes, pack);
  return (*held)->data();
}

}  // namespace

void DirectConv2d(const Conv2dArgs& args) {
  const DirectConv& conv = GetConv(kForward, args.x.dtype, args.x.shape, args.w.shape, args.y.shape, args.geometry);
  PoolBuffer scratch;
  PackedWeights::Buffer held;
  conv.compute->Execute({{DNNL_ARG_SRC, &conv.x, InType(args.x, conv.dtype, &scratch).data},
                         {DNNL_ARG_WEIGHTS, &conv.weights, PackedFor(conv, args.w, &held)},
                         {DNNL_ARG_DST, &conv.y, args.y.data}});
}

void DirectConv2dInputGrad(const Conv2dInputGradArgs& args) {
  const DirectConv& conv =
      GetConv(kInputGrad, args.dy.dtype, args.dx.shape, args.w.shape, args.dy.shape, args.geometry);
  PoolBuffer scratch;
  PackedWeights::Buffer held;
  conv.compute->Execute({{DNNL_ARG_DIFF_DST, &conv.y, InType(args.dy, conv.dtype, &scratch).data},
                         {DNNL_ARG_WEIGHTS, &conv.weights, PackedFor(conv, args.w, &held)},
                         {DNNL_ARG_DIFF_SRC, &conv.x, args.dx.data}});
}

void DirectConv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  const DirectConv& conv =
      GetConv(kWeightGrad, args.x.dtype, args.x.shape, args.dw.shape, args.dy.shape, args.geometry);
  PoolBuffer x_scratch, dy_scratch, packed;
  if (conv.reorder != nullptr) packed = PoolBuffer(CpuPool(), dnnl_memory_desc_get_size(&conv.weights));
  void* const weights = conv.reorder != nullptr ? packed.data() : args.dw.data;
  conv.compute->Execute({{DNNL_ARG_SRC, &conv.x, InType(args.x, conv.dtype, &x_scratch).data},
                         {DNNL_ARG_DIFF_DST, &conv.y, InType(args.dy, conv.dtype, &dy_scratch).data},
                         {DNNL_ARG_DIFF_WEIGHTS, &conv.weights, weights}});
  if (conv.reorder != nullptr) {
    conv.reorder->Execute({{DNNL_ARG_FROM, &conv.weights, weights}, {DNNL_ARG_TO, &conv.plain_weights, args.dw.data}});
  }
}

}  // namespace sg::cpu
