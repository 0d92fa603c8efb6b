// The convolution trio by each method of conv_method.h: which one computes what is decided there.
#include "engine/backend/cpu/conv/columns.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/cpu/conv/direct_conv2d.h"
#include "engine/backend/cpu/conv/winograd_conv2d.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

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

void Compute(const Conv2dArgs& args, ConvMethod method) {
  const Shape &x = args.x.shape, &w = args.w.shape, &y = args.y.shape;
  if (method == ConvMethod::kWinograd) return WinogradConv2d(args);
  if (method == ConvMethod::kDirect) return DirectConv2d(args);
  const Columns columns(args.x.dtype, x, KernelOf(w), y);
  ImageToColumns(args.x, KernelOf(w), args.geometry, columns.view);
  if (method == ConvMethod::kSampled) return DirectConv2d({columns.view, args.w, args.y, Dense(args.geometry)});
  MatMul({AsMatrix(columns.view), WeightMatrix(args.w), AsMatrix(args.y), false, true, 1});
}

void Compute(const Conv2dInputGradArgs& args, ConvMethod method) {
  const Shape &x = args.dx.shape, &w = args.w.shape, &y = args.dy.shape;
  if (method == ConvMethod::kWinograd) return WinogradConv2dInputGrad(args);
  if (method == ConvMethod::kDirect) return DirectConv2dInputGrad(args);
  const Columns columns(DType::kF32, x, KernelOf(w), y);
  if (method == ConvMethod::kSampled) {
    DirectConv2dInputGrad({args.dy, args.w, columns.view, Dense(args.geometry)});
  } else {
    MatMul({AsMatrix(args.dy), WeightMatrix(args.w), AsMatrix(columns.view), false, false, 1});
  }
  ColumnsToImage(columns.view, KernelOf(w), args.geometry, args.dx);
}

void Compute(const Conv2dWeightGradArgs& args, ConvMethod method) {
  const Shape &x = args.x.shape, &w = args.dw.shape, &y = args.dy.shape;
  if (method == ConvMethod::kWinograd) return WinogradConv2dWeightGrad(args);
  if (method == ConvMethod::kDirect) return DirectConv2dWeightGrad(args);
  const auto product = [&](const TensorView& columns) {
    MatMul({AsMatrix(args.dy), AsMatrix(columns), WeightMatrix(args.dw), true, false, 1});
  };
  if (IsDensePointwise(w, args.geometry)) return product(args.x);
  const Columns columns(args.x.dtype, x, KernelOf(w), y);
  ImageToColumns(args.x, KernelOf(w), args.geometry, columns.view);
  if (method == ConvMethod::kColumns) return product(columns.view);
  Conv2dWeightGrad({columns.view, args.dy, args.dw, Dense(args.geometry)});
}

bool Prepare(const Conv2dArgs& a) {
  return Prepare("Conv2d", a.x.shape, a.w.shape, a.y.shape, a.geometry, a.x, a.w, a.y);
}
bool Prepare(const Conv2dInputGradArgs& a) {
  return Prepare("Conv2dInputGrad", a.dx.shape, a.w.shape, a.dy.shape, a.geometry, a.dy, a.w, a.dx);
}
bool Prepare(const Conv2dWeightGradArgs& a) {
  return Prepare("Conv2dWeightGrad", a.x.shape, a.dw.shape, a.dy.shape, a.geometry, a.x, a.dy, a.dw);
}

void CheckMethod(ConvMethod method, ConvDirection direction, const Shape& w, const ConvGeometry& g) {
  SG_CHECK(CanCompute(method, direction, w, g))
      << "[Conv2d] the method \"" << Name(method) << "\" does not compute w " << w << " with " << g;
}

}  // namespace

void Conv2d(const Conv2dArgs& args) {
  if (!Prepare(args)) return;
  Compute(args, MethodFor(ConvDirection::kForward, args.x.shape, args.w.shape, args.y.shape, args.geometry));
}

void Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  if (!Prepare(args)) return;
  Compute(args, MethodFor(ConvDirection::kInputGrad, args.dx.shape, args.w.shape, args.dy.shape, args.geometry));
}

void Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  if (!Prepare(args)) return;
  Compute(args, MethodFor(ConvDirection::kWeightGrad, args.x.shape, args.dw.shape, args.dy.shape, args.geometry));
}

void Conv2dBy(ConvMethod method, const Conv2dArgs& args) {
  CheckMethod(method, ConvDirection::kForward, args.w.shape, args.geometry);
  if (Prepare(args)) Compute(args, method);
}

void Conv2dInputGradBy(ConvMethod method, const Conv2dInputGradArgs& args) {
  CheckMethod(method, ConvDirection::kInputGrad, args.w.shape, args.geometry);
  if (Prepare(args)) Compute(args, method);
}

void Conv2dWeightGradBy(ConvMethod method, const Conv2dWeightGradArgs& args) {
  CheckMethod(method, ConvDirection::kWeightGrad, args.dw.shape, args.geometry);
  if (Prepare(args)) Compute(args, method);
}

}  // namespace sg::cpu
