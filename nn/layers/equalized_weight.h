// A weight with an equalized learning rate (Karras et al., "Progressive growing of GANs", 2018, section 4.1): drawn
// from N(0,1) and multiplied by the constant gain 1/sqrt(fan_in) when used. A step of Adam then has the same relative
// size in every layer.
//
// The gain is applied to activations, never to the weight. Convolutions therefore read the stored weight itself, which
// a backend can keep in its preferred layout between optimizer steps.
//
//   const EqualizedWeight weight({128, 3, 3, 64}, init);
//   Tensor y = Scale(weight.RawConv2d(x, ConvGeometry::Padded(1)), weight.gain());
#ifndef NN_LAYERS_EQUALIZED_WEIGHT_H_
#define NN_LAYERS_EQUALIZED_WEIGHT_H_

#include "engine/base/conv_geometry.h"
#include "engine/base/dtype.h"
#include "engine/ops/bias_act.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::nn {

class EqualizedWeight {
 public:
  // `shape` is [out, ...]; fan_in is the product of the other extents. Matrices are [out,in], convolutions [O,kH,kW,I].
  EqualizedWeight(const Shape& shape, const InitContext& init);
  // Any shape. A transposed convolution is [I,kH,kW,O] with fan_in = I * kH * kW.
  // `deviation` is the standard deviation of the initial values.
  EqualizedWeight(const Shape& shape, int64_t fan_in, const InitContext& init, double deviation = 1);

  void Visit(ParamVisitor& v) { v("weight", weight_); }

  const Tensor& raw() const { return weight_; }
  double gain() const { return gain_; }

  // gain * x w^T for a weight [out,in]: x [N,in] -> [N,out], in the activation dtype.
  Tensor MatMul(const Tensor& x) const;
  DType activation() const { return precision_.activation; }
  // Conv2d of x with the weight, without the gain, and then BiasAct (engine/ops/bias_act.h). Casts the operands to the
  // compute dtype and the result to the activation dtype, which that of `inputs` must be.
  Tensor RawConv2d(const Tensor& x, const ConvGeometry& geometry, const BiasActInputs& inputs = {},
                   const BiasActParams& params = {}) const;
  // The transposed convolution with a weight [I,kH,kW,O]: the adjoint of Conv2d from `y_shape` to x's shape. Each
  // x[n,h,w,i] adds x * weight[i,:,:,o] to the result, starting at (stride h - pad, stride w - pad), as in PyTorch's
  // conv_transpose2d. Seen as a correlation over the result, its kernel is rotated by 180 degrees. Casts like
  // RawConv2d.
  Tensor RawTransposedConv2d(const Tensor& x, const ConvGeometry& geometry, const Shape& y_shape) const;

 private:
  Tensor weight_;
  double gain_;
  Precision precision_;
};

}  // namespace sg::nn

#endif  // NN_LAYERS_EQUALIZED_WEIGHT_H_
