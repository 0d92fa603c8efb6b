// The convolution family: Conv2d and its two adjoints. Their gradients are again these three operations, so derivatives
// of every order are exact.
//
//   y = Conv2d(x, w)             dx = Conv2dInputGrad(dy, w)    dw = Conv2dWeightGrad(x, dy)
//   u = Conv2dInputGrad(g, w)    dg = Conv2d(du, w)             dw = Conv2dWeightGrad(du, g)
//   v = Conv2dWeightGrad(x, g)   dx = Conv2dInputGrad(g, dv)    dg = Conv2d(x, dv)
//
// Shapes: x [N,H,W,C], w [O,kH,kW,C/groups], y [N,Ho,Wo,O] with Ho = floor((H + 2 pad - kH) / stride) + 1. A
// convolution is a cross-correlation, as in all deep-learning frameworks. A transposed convolution is Conv2dInputGrad.
// The result has the ContractionType of the operands: f32 for bf16.
//
//   Tensor y = Conv2d(x, w, ConvGeometry::Padded(1));  // [N,64,64,16], [32,3,3,16] -> [N,64,64,32]
#ifndef ENGINE_OPS_CONV2D_H_
#define ENGINE_OPS_CONV2D_H_

#include "engine/base/conv_geometry.h"
#include "engine/ops/bias_act.h"
#include "engine/tensor/tensor.h"

namespace sg {

// BiasAct(Conv2d(x, w), inputs, params) without a pass over memory in between; the default operands change nothing. The
// operands of `inputs` have the dtype of the result. A scale whose gradient is recorded makes it two operations, since
// that gradient needs the convolution's result.
Tensor Conv2d(const Tensor& x, const Tensor& w, const ConvGeometry& geometry, const BiasActInputs& inputs = {},
              const BiasActParams& params = {});
// `x_shape` is the shape of the result, needed because with stride > 1 several input sizes give the same output size.
Tensor Conv2dInputGrad(const Tensor& dy, const Tensor& w, const ConvGeometry& geometry, const Shape& x_shape);
Tensor Conv2dWeightGrad(const Tensor& x, const Tensor& dy, const ConvGeometry& geometry, const Shape& w_shape);

}  // namespace sg

#endif  // ENGINE_OPS_CONV2D_H_
