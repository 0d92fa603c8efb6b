#include "gan/model/modulated_conv2d.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {
namespace {

constexpr double kDemodulationEpsilon = 1e-8;

// x [N,H,W,C] times scale [N,C].
Tensor ScaleChannels(const Tensor& x, const Tensor& scale) {
  return Mul(x, Reshape(scale, {scale.dim(0), 1, 1, scale.dim(1)}));
}

}  // namespace

ModulatedConv2d::ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init)
    : weight_({out, kernel, kernel, in}, init), demodulate_(demodulate) {}

Tensor ModulatedConv2d::Forward(const Tensor& x, const Tensor& style) const {
  const Tensor& w = weight_.raw();
  const int64_t out = w.dim(0), kernel = w.dim(1), in = w.dim(3);
  SG_CHECK(x.dim(3) == in && style.shape() == Shape({x.dim(0), in}))
      << "[ModulatedConv2d] input " << x << " and style " << style << " for weight " << w;

  const Tensor s = Scale(style, weight_.gain());
  const Tensor y = weight_.RawConv2d(ScaleChannels(x, s), ConvGeometry::Padded(kernel / 2));
  if (!demodulate_) return y;

  const Tensor energy = Reshape(MulSumTo(w, w, {out, 1, 1, in}), {out, in});  // sum over k of w^2
  MatMulParams transposed;
  transposed.transpose_b = true;
  const Tensor variance = MatMul(Square(s), energy, transposed);  // [N,out]
  return ScaleChannels(y, Rsqrt(Affine(variance, 1, kDemodulationEpsilon)));
}

}  // namespace sg::gan
