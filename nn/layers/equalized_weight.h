// A weight with an equalized learning rate (Karras et al., "Progressive growing of GANs", 2018, section 4.1): drawn from
// N(0,1) and used times the constant 1/sqrt(fan_in), so that Adam's step has the same relative size in every layer.
//
// The gain is never multiplied into the weight: layers apply it to a smaller tensor, so that the stored weight itself is
// what convolutions read, and can be kept in their preferred layout between optimizer steps.
#ifndef NN_LAYERS_EQUALIZED_WEIGHT_H_
#define NN_LAYERS_EQUALIZED_WEIGHT_H_

#include "engine/base/conv_geometry.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::nn {

class EqualizedWeight {
 public:
  // `shape` is [out, ...]; fan_in is the product of the rest. Matrices are [out,in], convolutions [O,kH,kW,I].
  EqualizedWeight(const Shape& shape, const InitContext& init);
  // Of any shape: transposed convolutions are [I,kH,kW,O] with the fan_in I * kH * kW.
  EqualizedWeight(const Shape& shape, int64_t fan_in, const InitContext& init);

  void Visit(ParamVisitor& v) { v("weight", weight_); }

  const Tensor& raw() const { return weight_; }
  double gain() const { return gain_; }

  // Conv2d of x with the raw weight, without the gain; rounds the operands to bf16 if the context asked for it.
  Tensor RawConv2d(const Tensor& x, const ConvGeometry& geometry) const;
  // The transposed convolution with a weight [I,kH,kW,O]: the adjoint of Conv2d from `y_shape` to x's shape. Each x[n,h,w,i]
  // adds x * weight[i,:,:,o] to the result from (stride h - pad, stride w - pad) on, as PyTorch's conv_transpose2d does; seen
  // from the result, the weight is turned by 180 degrees. Rounds as RawConv2d does.
  Tensor RawTransposedConv2d(const Tensor& x, const ConvGeometry& geometry, const Shape& y_shape) const;

 private:
  // An operand of a convolution, in bf16 if the context asked for it.
  Tensor Rounded(const Tensor& operand) const;

  Tensor weight_;
  double gain_;
  DType compute_;
};

}  // namespace sg::nn

#endif  // NN_LAYERS_EQUALIZED_WEIGHT_H_
