// Computes the convolution and its two gradients by each method of conv_method.h, which also chooses the method.
#include "engine/backend/common/conv_epilogue.h"
#include "engine/backend/cpu/conv/columns.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/cpu/conv/direct_conv2d.h"
#include "engine/backend/cpu/conv/winograd_conv2d.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

// Scratch memory of shape [N,Ho,Wo,kH*kW*C] for columns.
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

// An image or its columns as a matrix [pixels, channels].
TensorView AsMatrix(const TensorView& t) {
  return {t.data, t.dtype, {t.shape[0] * t.shape[1] * t.shape[2], t.shape[3]}};
}
// Weights as a matrix [O, kH*kW*C].
TensorView WeightMatrix(const TensorView& w) {
  return {w.data, w.dtype, {w.shape[0], w.shape[1] * w.shape[2] * w.shape[3]}};
}

bool IsEmpty(const TensorView& a, const TensorView& b) { return a.NumElements() == 0 || b.NumElements() == 0; }

void CheckMethod(ConvMethod method, ConvDirection direction, const Shape& w, const ConvGeometry& g) {
  SG_CHECK(CanCompute(method, direction, w, g))
      << "[Conv2d] the method \"" << Name(method) << "\" does not compute w " << w << " with " << g;
}

}  // namespace

void CpuKernels::Compute(ConvMethod method, const Conv2dArgs& args) {
  const Shape &x = args.x.shape, &w = args.w.shape, &y = args.y.shape;
  if (method == ConvMethod::kWinograd) return WinogradConv2d(args);
  if (method == ConvMethod::kDirect) {
    DirectConv2d(args);
  } else {
    const Columns columns(args.x.dtype, x, KernelOf(w), y);
    ImageToColumns(args.x, KernelOf(w), args.geometry, columns.view);
    if (method == ConvMethod::kSampled) {
      DirectConv2d({columns.view, args.w, args.y, Dense(args.geometry)});
    } else {
      MatMul({AsMatrix(columns.view), WeightMatrix(args.w), AsMatrix(args.y), false, true, 1});
    }
  }
  ApplyEpilogue(args);
}

void CpuKernels::ApplyEpilogue(const Conv2dArgs& args) {
  if (!ChangesNothing(args.epilogue)) BiasAct(EpilogueInPlace(args));
}

void CpuKernels::Compute(ConvMethod method, const Conv2dInputGradArgs& args) {
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

void CpuKernels::Compute(ConvMethod method, const Conv2dWeightGradArgs& args) {
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

// If an operand has no elements, the sums are zero.
void CpuKernels::Conv2d(const Conv2dArgs& args) {
  if (IsEmpty(args.x, args.w)) {
    Fill({args.y, 0});
    return ApplyEpilogue(args);
  }
  Compute(MethodFor(ConvDirection::kForward, args.x.shape, args.w.shape, args.y.shape, args.geometry), args);
}

void CpuKernels::Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  if (IsEmpty(args.dy, args.w)) return Fill({args.dx, 0});
  Compute(MethodFor(ConvDirection::kInputGrad, args.dx.shape, args.w.shape, args.dy.shape, args.geometry), args);
}

void CpuKernels::Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  if (IsEmpty(args.x, args.dy)) return Fill({args.dw, 0});
  Compute(MethodFor(ConvDirection::kWeightGrad, args.x.shape, args.dw.shape, args.dy.shape, args.geometry), args);
}

void CpuKernels::Conv2dBy(ConvMethod method, const Conv2dArgs& args) {
  CheckMethod(method, ConvDirection::kForward, args.w.shape, args.geometry);
  if (IsEmpty(args.x, args.w)) {
    Fill({args.y, 0});
    return ApplyEpilogue(args);
  }
  Compute(method, args);
}

void CpuKernels::Conv2dInputGradBy(ConvMethod method, const Conv2dInputGradArgs& args) {
  CheckMethod(method, ConvDirection::kInputGrad, args.w.shape, args.geometry);
  if (IsEmpty(args.dy, args.w)) return Fill({args.dx, 0});
  Compute(method, args);
}

void CpuKernels::Conv2dWeightGradBy(ConvMethod method, const Conv2dWeightGradArgs& args) {
  CheckMethod(method, ConvDirection::kWeightGrad, args.dw.shape, args.geometry);
  if (IsEmpty(args.x, args.dy)) return Fill({args.dw, 0});
  Compute(method, args);
}

}  // namespace sg::cpu
