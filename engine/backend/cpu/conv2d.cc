// The convolution trio: which method computes which geometry. A fixed rule, not a race at the first use: the methods round
// differently, and a run that is resumed or repeated must take the same ones. README.md has the measurements behind it.
//   winograd our own F(4x4,3x3): 3x3 of stride 1 where there are enough tiles to pay for the transforms of the weights.
//   direct   oneDNN's own convolutions: nearly everything else.
//   columns  a matrix product over receptive fields: outputs of a few pixels, where the direct kernels have nothing to
//            vectorise over (513>513@4 without padding: 1.5x to 3x faster), and weight gradients of 1x1 convolutions
//            to fewer than 8 channels (2x to 3x faster, without a copy: their columns are the input).
//   sampled  1x1 with a stride or padding: gather the pixels that are used, then a dense 1x1 convolution. Mandatory:
//            see direct_conv2d.h.
#include "engine/backend/cpu/columns.h"
#include "engine/backend/cpu/direct_conv2d.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/pool.h"
#include "engine/backend/cpu/winograd_conv2d.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

constexpr int64_t kFewPixels = 4;
constexpr int64_t kFewChannels = 8;

constexpr int64_t kFewTiles = 64;

enum class Method { kWinograd, kDirect, kColumns, kSampled };

bool IsPointwise(const Shape& w) { return w[1] == 1 && w[2] == 1; }

bool IsDensePointwise(const Shape& w, const ConvGeometry& g) {
  return IsPointwise(w) && g.stride_h == 1 && g.stride_w == 1 && g.pad_h == 0 && g.pad_w == 0;
}

// The tiles of Winograd's method lie in `result`: y, or dx for the input gradient.
Method MethodFor(const Shape& w, const Shape& y, const Shape& result, const ConvGeometry& g, bool weight_grad) {
  if (IsPointwise(w) && !IsDensePointwise(w, g)) return Method::kSampled;
  if (g.groups > 1) return Method::kDirect;
  if (IsPointwise(w)) return weight_grad && w[0] < kFewChannels ? Method::kColumns : Method::kDirect;
  if (WinogradFits(w, g) && WinogradTiles(result) >= kFewTiles) return Method::kWinograd;
  return y[1] * y[2] <= kFewPixels ? Method::kColumns : Method::kDirect;
}

// Scratch of the columns' shape, [N,Ho,Wo,kH*kW*C].
struct Columns {
  Columns(DType dtype, const Shape& x, KernelSize kernel, const Shape& y)
      : view{nullptr, dtype, {y[0], y[1], y[2], kernel.h * kernel.w * x[3]}},
        buffer(CpuPool(), static_cast<size_t>(view.NumBytes())) {
    view.data = buffer.data();
  }
  TensorView view;
  PoolBuffer buffer;
};

KernelSize KernelOf(const Shape& w) { return {w[1], w[2]}; }

ConvGeometry Dense(const ConvGeometry& g) { return {1, 1, 0, 0, g.groups}; }

// [pixels, channels] of an image or its columns.
TensorView AsMatrix(const TensorView& t) {
  return {t.data, t.dtype, {t.shape[0] * t.shape[1] * t.shape[2], t.shape[3]}};
}
// [O, kH*kW*C] of weights.
TensorView WeightMatrix(const TensorView& w) {
  return {w.data, w.dtype, {w.shape[0], w.shape[1] * w.shape[2] * w.shape[3]}};
}

// Whether there is something to compute; operands without elements leave zeros.
bool Prepare(const char* op, const Shape& x, const Shape& w, const Shape& y, const ConvGeometry& g, const TensorView& a,
             const TensorView& b, const TensorView& result) {
  const Shape expected = Conv2dOutputShape(op, x, w, g);
  SG_CHECK(expected == y) << "[" << op << "] x " << x << " and w " << w << " with " << g << " belong to y " << expected
                          << ", got " << y;
  SG_CHECK(a.dtype == b.dtype && result.dtype == DType::kF32)
      << "[" << op << "] no product of " << a.dtype << " and " << b.dtype << " into " << result.dtype;
  if (result.NumElements() == 0) return false;
  if (a.NumElements() > 0 && b.NumElements() > 0) return true;
  Fill({result, 0});
  return false;
}

}  // namespace

void Conv2d(const Conv2dArgs& args) {
  const Shape &x = args.x.shape, &w = args.w.shape, &y = args.y.shape;
  if (!Prepare("Conv2d", x, w, y, args.geometry, args.x, args.w, args.y)) return;
  const Method method = MethodFor(w, y, y, args.geometry, false);
  if (method == Method::kWinograd) return WinogradConv2d(args);
  if (method == Method::kDirect) return DirectConv2d(args);
  const Columns columns(args.x.dtype, x, KernelOf(w), y);
  ImageToColumns(args.x, KernelOf(w), args.geometry, columns.view);
  if (method == Method::kSampled) return DirectConv2d({columns.view, args.w, args.y, Dense(args.geometry)});
  MatMul({AsMatrix(columns.view), WeightMatrix(args.w), AsMatrix(args.y), false, true, 1});
}

void Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  const Shape &x = args.dx.shape, &w = args.w.shape, &y = args.dy.shape;
  if (!Prepare("Conv2dInputGrad", x, w, y, args.geometry, args.dy, args.w, args.dx)) return;
  const Method method = MethodFor(w, y, x, args.geometry, false);
  if (method == Method::kWinograd) return WinogradConv2dInputGrad(args);
  if (method == Method::kDirect) return DirectConv2dInputGrad(args);
  const Columns columns(DType::kF32, x, KernelOf(w), y);
  if (method == Method::kSampled) {
    DirectConv2dInputGrad({args.dy, args.w, columns.view, Dense(args.geometry)});
  } else {
    MatMul({AsMatrix(args.dy), WeightMatrix(args.w), AsMatrix(columns.view), false, false, 1});
  }
  ColumnsToImage(columns.view, KernelOf(w), args.geometry, args.dx);
}

void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  const Shape &x = args.x.shape, &w = args.dw.shape, &y = args.dy.shape;
  if (!Prepare("Conv2dWeightGrad", x, w, y, args.geometry, args.x, args.dy, args.dw)) return;
  const Method method = MethodFor(w, y, y, args.geometry, true);
  if (method == Method::kWinograd) return WinogradConv2dWeightGrad(args);
  if (method == Method::kDirect) return DirectConv2dWeightGrad(args);
  const auto product = [&](const TensorView& columns) {
    MatMul({AsMatrix(args.dy), AsMatrix(columns), WeightMatrix(args.dw), true, false, 1});
  };
  if (IsDensePointwise(w, args.geometry)) return product(args.x);
  const Columns columns(args.x.dtype, x, KernelOf(w), y);
  ImageToColumns(args.x, KernelOf(w), args.geometry, columns.view);
  if (method == Method::kColumns) return product(columns.view);
  Conv2dWeightGrad({columns.view, args.dy, args.dw, Dense(args.geometry)});
}

}  // namespace sg::cpu
