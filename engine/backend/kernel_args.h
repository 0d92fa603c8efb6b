// The arguments of every kernel of Backend: plain data, no ownership. Letters: N batch, H W pixels, C I O channels.
// Unless a struct says otherwise all its tensors have one floating dtype, inputs and outputs do not overlap, and sums
// are accumulated in f32 or wider.
#ifndef ENGINE_BACKEND_KERNEL_ARGS_H_
#define ENGINE_BACKEND_KERNEL_ARGS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"

namespace sg {

// y = value, everywhere. Any dtype.
struct FillArgs {
  TensorView y;
  double value = 0;
};

// y = fn(x; alpha, beta). Same shape; x and y may be the same buffer.
enum class UnaryFn : uint8_t {
  kAffine,  // alpha * x + beta
  kExp,
  kLog,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kSquare,
  kAbs,
  kTanh,
  kSigmoid,
  kSoftplus,       // log(1 + exp(x)), without overflow
  kLeakyRelu,      // x > 0 ? x : alpha * x
  kClamp,          // min(max(x, alpha), beta)
  kSign,           // -1, 0 or 1
  kLeakyReluMask,  // x > 0 ? 1 : alpha
  kClampMask,      // alpha <= x && x <= beta ? 1 : 0
};
struct UnaryArgs {
  TensorView x, y;
  UnaryFn fn = UnaryFn::kAffine;
  double alpha = 0, beta = 0;
};

// y = fn(a, b), a and b broadcast to y's shape by NumPy's rule.
enum class BinaryFn : uint8_t {
  kAdd,      // alpha * a + beta * b
  kMul,      // alpha * a * b
  kDiv,      // alpha * a / b
  kMaximum,  // max(a, b)
  kGreater,  // a > b ? 1 : 0
};
struct BinaryArgs {
  TensorView a, b, y;
  BinaryFn fn = BinaryFn::kAdd;
  double alpha = 1, beta = 1;  // where the function names them
};

// y = condition != 0 ? a : b, all three broadcast to y's shape; condition has the dtype of a.
struct WhereArgs {
  TensorView condition, a, b, y;
};

// y = x converted to y's dtype (any pair; floats to integers round to nearest even and saturate, NaN gives 0). Same
// shape.
struct CastArgs {
  TensorView x, y;
};

// Copies a box between strided places: for every index i < extent,
// y[y_offset + i . y_strides] = x[x_offset + i . x_strides]. Any dtype, the same on both sides. Strides and offsets are
// in elements; a source stride may be 0 (broadcasting); destinations do not repeat. Serves permute, slice, pad, concat.
struct StridedCopyArgs {
  TensorView x, y;
  Shape extent;
  Strides x_strides{}, y_strides{};
  int64_t x_offset = 0, y_offset = 0;
};

// y = alpha * sum of a * b (or of a alone where b.data is null) over the dimensions that y's shape repeats: y's shape
// broadcasts to a's, b has a shape that broadcasts to a's.
struct ReduceArgs {
  TensorView a, b, y;
  double alpha = 1;
};

// y [O,I] = alpha * sum over kh, kw of w[o,kh,kw,i]^2, w [O,kH,kW,I]: what demodulation divides by (Karras et al. 2020,
// eq. 3). A backend may keep the sums until the weights change.
struct WeightEnergyArgs {
  TensorView w, y;
  double alpha = 1;
};

// y[...,M,N] = alpha * op(a) op(b), rank 2, or rank 3 with a common batch dimension. a is [M,K], or [K,M] if
// transposed; b is [K,N], or [N,K] if transposed. a and b may both be bf16; y is then f32.
struct MatMulArgs {
  TensorView a, b, y;
  bool transpose_a = false, transpose_b = false;
  double alpha = 1;
};

// y [N,Ho,Wo,O] = x [N,H,W,C] (*) w [O,kH,kW,C/groups] (cross-correlation). Both inputs may be bf16; the result is then
// f32.
struct Conv2dArgs {
  TensorView x, w, y;
  ConvGeometry geometry;
};
// dx = the adjoint of Conv2d in x, applied to dy; its shape is given by dx. dy and w may be bf16; dx is then f32.
struct Conv2dInputGradArgs {
  TensorView dy, w, dx;
  ConvGeometry geometry;
};
// dw = the adjoint of Conv2d in w, applied to dy; its shape is given by dw. x and dy may be bf16; dw is then f32.
struct Conv2dWeightGradArgs {
  TensorView x, dy, dw;
  ConvGeometry geometry;
};

// One axis of a resampling: insert up-1 zeros after every sample, extend by pad0 and pad1, correlate with the flipped
// filter (that is, convolve), keep every down-th. Output length M = (L * up + pad0 + pad1 - taps) / down + 1 (floor).
constexpr int kMaxFirTaps = 16;
struct FirAxis {
  int up = 1, down = 1;
  int pad0 = 0, pad1 = 0;  // in up-sampled samples; may be negative with EdgeMode::kZero
  int taps = 1;
  float filter[kMaxFirTaps] = {1};
};
enum class EdgeMode : uint8_t {
  kZero,       // beyond the edge are zeros
  kReplicate,  // beyond the edge the input repeats its outermost sample
};
// y [N,Ho,Wo,C] = the separable resampling of x [N,H,W,C], channel by channel, or, if transposed, the adjoint of that
// map: then x has the shape of the map's output and y that of its input. axis_taps.h turns an axis into a table of
// weights.
struct UpFirDn2dArgs {
  TensorView x, y;
  FirAxis h, w;
  EdgeMode edge = EdgeMode::kZero;
  bool transposed = false;
};

// y = clamp(gain * lrelu(in_gain * scale[n,c] * x + bias[c] + strength * noise[n,h,w]), -clamp, clamp). x, y [...,C];
// bias [C] or null; scale [N,C] or null, where x is [N,...,C]; noise has x's shape with one channel, or is null;
// strength holds one element, read on the device, null with the noise. slope > 0 and gain > 0, so the sign of y is that
// of the pre-activation. slope 1 is a linear layer; clamp <= 0 means none.
struct BiasActArgs {
  TensorView x, scale, bias, noise, strength, y;
  double in_gain = 1, slope = 1, gain = 1, clamp = 0;
};
// dx = in_gain * scale[n,c] * dy * gain * (y > 0 ? 1 : slope) * (not clamped), where y is the output of BiasAct. Linear
// in dy. scale as in BiasActArgs.
struct BiasActGradArgs {
  TensorView dy, y, scale, dx;
  double in_gain = 1, slope = 1, gain = 1, clamp = 0;
};

// y[i] from Philox4x32-10 with key `seed` and counter (offset + i / 4, stream), lane i % 4: philox.h has the formulas.
// f32 or f64 (the f32 value, widened).
enum class Distribution : uint8_t { kUniform, kNormal };
struct RandomArgs {
  TensorView y;
  Distribution distribution = Distribution::kNormal;
  uint64_t seed = 0, stream = 0, offset = 0;  // offset counts blocks of four numbers
};

// In place, for every tensor of the list (f32, n elements), with g = gradient * grad_scale[0]:
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= lr * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
// With beta1 = 0 the first moment is the gradient: m is not read or written, and m.data is null.
// Where grad_scale is not finite nothing is changed: a diverged step is skipped without asking the device.
struct AdamTensor {
  TensorView parameter, m, v, gradient;
};
struct AdamStepArgs {
  absl::Span<const AdamTensor> tensors;
  TensorView grad_scale;  // one element, on the device
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  int64_t step = 1;  // from 1
};

// In place: target += (source - target) * t where the source is finite, for every pair.
struct LerpPair {
  TensorView target, source;
};
struct LerpArgs {
  absl::Span<const LerpPair> pairs;
  double t = 0;
};

// y[0] = sum over all tensors of all squared elements.
struct SquaredNormArgs {
  absl::Span<const TensorView> tensors;
  TensorView y;
};

}  // namespace sg

#endif  // ENGINE_BACKEND_KERNEL_ARGS_H_
