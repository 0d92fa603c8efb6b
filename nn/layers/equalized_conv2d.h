// A convolution with an equalized weight: y = act(c (x (*) w) + b), c = 1/sqrt(in * k * k).
#ifndef NN_LAYERS_EQUALIZED_CONV2D_H_
#define NN_LAYERS_EQUALIZED_CONV2D_H_

#include <optional>

#include "engine/base/conv_geometry.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_weight.h"
#include "nn/module.h"

namespace sg::nn {

class EqualizedConv2d {
 public:
  // `bias` is the initial value of every bias; the annotated model starts at 1. Without one the layer has no bias at all.
  EqualizedConv2d(int64_t in, int64_t out, int64_t kernel, int64_t padding, std::optional<double> bias,
                  const InitContext& init, int64_t stride = 1);

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
