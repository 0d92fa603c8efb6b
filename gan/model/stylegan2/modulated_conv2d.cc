#include "gan/model/stylegan2/modulated_conv2d.h"

#include "engine/base/conv_geometry.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"
#include "engine/ops/weight_energy.h"

namespace sg::gan {
namespace {

constexpr double kDemodulationEpsilon = 1e-8;
constexpr int64_t kUpKernel = 3;

}  // namespace

ModulatedConv2d::ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init)
    : weight_({out, kernel, kernel, in}, init), demodulate_(demodulate) {}

ModulatedConv2d::ModulatedConv2d(int64_t in, int64_t out, const Resampler& up, const nn::InitContext& init)
    : weight_({in, kUpKernel, kUpKernel, out}, /*fan_in=*/in * kUpKernel * kUpKernel, init),
      demodulate_(true),
      up_(up) {}

Modulation ModulatedConv2d::Modulate(const Tensor& style) const {
  SG_CHECK(style.shape().rank() == 2 && style.dim(1) == in())
      << "[ModulatedConv2d] style " << style << " for weight " << weight_.raw();
  Modulation modulation;
  modulation.style = style;
  if (!demodulate_) return modulation;

  MatMulParams product;
  product.transpose_b = !up_;
  const Tensor variance = MatMul(Square(style), WeightEnergy(weight_.raw()), product);  // [N,out]
  modulation.demodulation = Rsqrt(Affine(variance, 1, kDemodulationEpsilon));
  return modulation;
}

Tensor ModulatedConv2d::Forward(const Tensor& x, const Modulation& modulation, const BiasActInputs& inputs,
                                const BiasActParams& params) const {
  const Tensor& w = weight_.raw();
  const Tensor& style = modulation.style;
  SG_CHECK(x.dim(3) == in() && style.shape() == Shape({x.dim(0), in()}))
      << "[ModulatedConv2d] input " << x << " and style " << style << " for weight " << w;
  const Tensor modulated = Mul(x, Reshape(style, {x.dim(0), 1, 1, in()}));
  if (!up_) return weight_.RawConv2d(modulated, ConvGeometry::Padded(w.dim(1) / 2), inputs, params);
  const Shape doubled = {x.dim(0), 2 * x.dim(1) + 1, 2 * x.dim(2) + 1, w.dim(3)};
  const Tensor y = up_->AfterTransposedConv(weight_.RawTransposedConv2d(modulated, {2, 2, 0, 0, 1}, doubled));
  return BiasAct(y, inputs, params);
}

}  // namespace sg::gan
