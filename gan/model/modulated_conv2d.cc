#include "gan/model/modulated_conv2d.h"

#include "engine/base/conv_geometry.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {
namespace {

constexpr double kDemodulationEpsilon = 1e-8;
constexpr int64_t kUpKernel = 3;

// x [N,H,W,C] times scale [N,C].
Tensor ScaleChannels(const Tensor& x, const Tensor& scale) {
  return Mul(x, Reshape(scale, {scale.dim(0), 1, 1, scale.dim(1)}));
}

}  // namespace

ModulatedConv2d::ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init)
    : weight_({out, kernel, kernel, in}, init), demodulate_(demodulate) {}

ModulatedConv2d::ModulatedConv2d(int64_t in, int64_t out, const Resampler& up, const nn::InitContext& init)
    : weight_({in, kUpKernel, kUpKernel, out}, /*fan_in=*/in * kUpKernel * kUpKernel, init),
      demodulate_(true),
      up_(up) {}

Tensor ModulatedConv2d::Forward(const Tensor& x, const Tensor& style) const {
  const Tensor& w = weight_.raw();
  const bool transposed = up_.has_value();
  const int64_t first = w.dim(0), kernel = w.dim(1), last = w.dim(3);
  const int64_t in = transposed ? first : last;
  SG_CHECK(x.dim(3) == in && style.shape() == Shape({x.dim(0), in}))
      << "[ModulatedConv2d] input " << x << " and style " << style << " for weight " << w;

  const Tensor s = Scale(style, weight_.gain());
  Tensor y;
  if (transposed) {
    const Shape doubled = {x.dim(0), 2 * x.dim(1) + 1, 2 * x.dim(2) + 1, last};
    y = up_->AfterTransposedConv(weight_.RawTransposedConv2d(ScaleChannels(x, s), {2, 2, 0, 0, 1}, doubled));
  } else {
    y = weight_.RawConv2d(ScaleChannels(x, s), ConvGeometry::Padded(kernel / 2));
  }
  if (!demodulate_) return y;

  const Tensor energy = Reshape(MulSumTo(w, w, {first, 1, 1, last}), {first, last});  // sum over k of w^2
  MatMulParams product;
  product.transpose_b = !transposed;
  const Tensor variance = MatMul(Square(s), energy, product);  // [N,out]
  return ScaleChannels(y, Rsqrt(Affine(variance, 1, kDemodulationEpsilon)));
}

}  // namespace sg::gan
