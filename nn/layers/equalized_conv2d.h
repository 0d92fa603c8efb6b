// A convolution with an equalized weight: y = act(c (x (*) w) + b), c = 1/sqrt(in * k * k).
//
//   EqualizedConv2dParams params;
//   params.in = 64, params.out = 128;
//   const EqualizedConv2d conv(params, init);
//   Tensor y = conv.Forward(x, {/*slope=*/0.2, /*gain=*/1});  // [N,H,W,64] -> [N,H,W,128]
#ifndef NN_LAYERS_EQUALIZED_CONV2D_H_
#define NN_LAYERS_EQUALIZED_CONV2D_H_

#include <optional>

#include "engine/base/conv_geometry.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_weight.h"
#include "nn/module.h"

namespace sg::nn {

struct EqualizedConv2dParams {
  int64_t in = 0, out = 0;  // channels
  int64_t kernel = 3;       // height and width
  int64_t padding = 1;      // zeros on each side
  int64_t stride = 1;
  std::optional<double> bias = 0.0;  // initial value of every bias; nullopt for a layer without bias
};

class EqualizedConv2d {
 public:
  EqualizedConv2d(const EqualizedConv2dParams& params, const InitContext& init);

  void Visit(ParamVisitor& v) {
    v("weight", weight_);
    if (bias_.defined()) v("bias", bias_);
  }

  // x [N,H,W,in] -> [N,H',W',out]. The default activation is linear.
  Tensor Forward(const Tensor& x, const Activation& act = {}) const;

 private:
  EqualizedWeight weight_;  // [out,k,k,in]
  Tensor bias_;             // [out], or undefined
  ConvGeometry geometry_;
};

}  // namespace sg::nn

#endif  // NN_LAYERS_EQUALIZED_CONV2D_H_
