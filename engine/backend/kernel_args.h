// The arguments of every kernel of Backend: plain data that owns nothing. Dimensions: N batch, H W pixels, C I O
// channels. Unless a struct says otherwise, all its tensors have one floating dtype, inputs and outputs do not overlap,
// and sums are accumulated in f32 or wider.
#ifndef ENGINE_BACKEND_KERNEL_ARGS_H_
#define ENGINE_BACKEND_KERNEL_ARGS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"

namespace sg {

// y = value for every element. Any dtype.
struct FillArgs {
  TensorView y;
  double value = 0;
};

// y = fn(x; alpha, beta). x and y have one shape and may be the same buffer.
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

// y = fn(a, b), with a and b broadcast to the shape of y by NumPy's rules.
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
  double alpha = 1, beta = 1;  // used where the function above names them
};

// y = condition != 0 ? a : b, with all three broadcast to the shape of y. condition has the dtype of a.
struct WhereArgs {
  TensorView condition, a, b, y;
};

// y = x converted to the dtype of y. x and y have one shape and any two dtypes. Floats convert to integers by rounding
// to nearest even and saturating; NaN becomes 0.
struct CastArgs {
  TensorView x, y;
};

// Copies a box between two strided layouts. For every index i < extent:
//   y[y_offset + i . y_strides] = x[x_offset + i . x_strides]
// Any dtype, the same for x and y. Strides and offsets are in elements. A source stride may be 0, which broadcasts. No
// two indices may share a destination. Permute, slice, pad and concat all use this kernel.
struct StridedCopyArgs {
  TensorView x, y;
  Shape extent;
  Strides x_strides{}, y_strides{};
  int64_t x_offset = 0, y_offset = 0;
};

// y = alpha * sum of a * b over the dimensions along which the shape of y broadcasts to that of a. The shape of b
// broadcasts to that of a, too. If b.data is null, y = alpha * sum of a.
struct ReduceArgs {
  TensorView a, b, y;
  double alpha = 1;
};

// y [O,I] = alpha * sum over kh, kw of w[o,kh,kw,i]^2, with w [O,kH,kW,I]. Demodulation weights these sums by the
// squared styles and divides by the root (Karras et al. 2020, eq. 3). A backend may cache y until the weights change.
struct WeightEnergyArgs {
  TensorView w, y;
  double alpha = 1;
};

// y[...,M,N] = alpha * op(a) op(b), of rank 2, or of rank 3 with a common batch dimension. a is [M,K], or [K,M] if
// transposed; b is [K,N], or [N,K] if transposed. If a and b are bf16, y is f32.
struct MatMulArgs {
  TensorView a, b, y;
  bool transpose_a = false, transpose_b = false;
  double alpha = 1;
};

// What follows a convolution without a pass over memory in between: y = BiasAct of the convolution's result, with the
// operands and constants of BiasActArgs. The default changes nothing.
struct Conv2dEpilogue {
  TensorView scale, bias, noise, strength;  // of the dtype of y, or null
  double in_gain = 1, slope = 1, gain = 1, clamp = 0;
};

// y [N,Ho,Wo,O] = x [N,H,W,C] cross-correlated with w [O,kH,kW,C/groups], then the epilogue. If x and w are bf16, y is
// f32.
struct Conv2dArgs {
  TensorView x, w, y;
  ConvGeometry geometry;
  Conv2dEpilogue epilogue = {};
};
// dx = the adjoint of Conv2d with respect to x, applied to dy. dx carries the input's shape, which dy alone does not
// determine if the stride exceeds 1. If dy and w are bf16, dx is f32.
struct Conv2dInputGradArgs {
  TensorView dy, w, dx;
  ConvGeometry geometry;
};
// dw = the adjoint of Conv2d with respect to w, applied to dy. dw carries the weight's shape. If x and dy are bf16, dw
// is f32.
struct Conv2dWeightGradArgs {
  TensorView x, dy, dw;
  ConvGeometry geometry;
};

// Resampling along one axis, in this order: insert up-1 zeros after every sample, pad by pad0 and pad1, convolve with
// the filter (correlate with the flipped filter), keep every down-th sample. The output length is
//   M = floor((L * up + pad0 + pad1 - taps) / down) + 1
constexpr int kMaxFirTaps = 16;
struct FirAxis {
  int up = 1, down = 1;
  int pad0 = 0, pad1 = 0;  // in upsampled samples; may be negative with EdgeMode::kZero
  int taps = 1;
  float filter[kMaxFirTaps] = {1};
};
enum class EdgeMode : uint8_t {
  kZero,       // pads with zeros
  kReplicate,  // pads with copies of the outermost sample
};
// y [N,Ho,Wo,C] = the separable resampling of x [N,H,W,C], channel by channel. If transposed, y is the adjoint of that
// map applied to x: x then has the shape of the map's output, and y that of its input. axis_taps.h turns an axis into a
// table of weights.
struct UpFirDn2dArgs {
  TensorView x, y;
  FirAxis h, w;
  EdgeMode edge = EdgeMode::kZero;
  bool transposed = false;
};

// How AffineSample reads an image between its pixels. Along each axis there are `up` samples per pixel. Sample k, at
// the position k / up, is the sum over the pixels i of filter[k - up * i + origin] * x[i]. Taps outside the filter are
// 0. Between two samples the value is linear. The default interpolates the pixels themselves.
struct SampleFilter {
  int up = 1, taps = 1, origin = 0;
  float filter[kMaxFirTaps] = {1};
};
// The most pixels along an axis that one value depends on, taps / up + 1.
constexpr int kMaxSampleWindow = 8;
// Pixels added around an image by reflection at its outermost pixels, which are not repeated; each at most the image's
// size minus 1. Beyond them, pixels and samples are 0.
struct SampleMargins {
  int left = 0, right = 0, top = 0, bottom = 0;
};
// Resamples images by affine maps. With transforms[n] = (a,b,c,d,e,f), the pixel y[n,i,j,:] is the image x[n] at column
// a j + b i + c and row d j + e i + f, counted from the center of the first pixel. x [N,H,W,C], y [N,Ho,Wo,C],
// transforms [N,6] in f32. If transposed, y is the adjoint of that map applied to x: x then has the shape of the map's
// output, and y that of its input.
struct AffineSampleArgs {
  TensorView x, transforms, y;
  SampleFilter filter;
  SampleMargins margins;
  bool transposed = false;
};

// y = clamp(gain * lrelu(in_gain * scale[n,c] * x + bias[c] + strength * noise[n,h,w]), -clamp, clamp). x and y are
// [...,C] and may be the same buffer. bias is [C] or null. scale is [N,C] or null; it requires x to be [N,...,C]. noise
// is null or has x's shape with one channel. strength is a single element on the device, null if noise is null.
// slope >= 0 and gain > 0, hence y is positive exactly where the pre-activation is. slope = 1 makes the layer linear,
// slope = 0 a ReLU; clamp <= 0 disables clamping.
struct BiasActArgs {
  TensorView x, scale, bias, noise, strength, y;
  double in_gain = 1, slope = 1, gain = 1, clamp = 0;
};
// dx = in_gain * scale[n,c] * dy * gain * (y > 0 ? 1 : slope) * (y is not clamped), where y is the output of BiasAct.
// Linear in dy. scale is as in BiasActArgs.
struct BiasActGradArgs {
  TensorView dy, y, scale, dx;
  double in_gain = 1, slope = 1, gain = 1, clamp = 0;
};

// y[i] is drawn by Philox4x32-10 with key `seed` and counter (offset + i / 4, stream), from lane i % 4. philox.h has
// the formulas. y is f32 or f64; f64 holds the f32 value.
enum class Distribution : uint8_t { kUniform, kNormal };
struct RandomArgs {
  TensorView y;
  Distribution distribution = Distribution::kNormal;
  uint64_t seed = 0, stream = 0, offset = 0;  // offset counts blocks of four numbers
};

// In place, for every tensor of the list (f32), with g = gradient * grad_scale[0]:
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= lr * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
// If beta1 = 0, the first moment equals the gradient: m is neither read nor written, and m.data is null. If grad_scale
// is not finite, nothing changes. The device can thus skip a diverged step without a round trip to the host.
struct AdamTensor {
  TensorView parameter, m, v, gradient;
};
struct AdamStepArgs {
  absl::Span<const AdamTensor> tensors;
  TensorView grad_scale;  // a single element on the device
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  int64_t step = 1;  // counts from 1
};

// In place, for every pair: target += (source - target) * t where the source is finite.
struct LerpPair {
  TensorView target, source;
};
struct LerpArgs {
  absl::Span<const LerpPair> pairs;
  double t = 0;
};

// y[0] = the sum of squares of all elements of all tensors.
struct SquaredNormArgs {
  absl::Span<const TensorView> tensors;
  TensorView y;
};

}  // namespace sg

#endif  // ENGINE_BACKEND_KERNEL_ARGS_H_
