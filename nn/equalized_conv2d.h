// A convolution with an equalized weight: y = act(c (x (*) w) + b), c = 1/sqrt(in * k * k), stride 1.
#ifndef NN_EQUALIZED_CONV2D_H_
#define NN_EQUALIZED_CONV2D_H_

#include "nn/activation.h"
#include "nn/equalized_weight.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::nn {

class EqualizedConv2d {
 public:
  // `bias` is the initial value of every bias; the annotated model starts at 1.
  EqualizedConv2d(int64_t in, int64_t out, int64_t kernel, int64_t padding, double bias, const InitContext& init);

  void Visit(ParamVisitor& v) {
    v("weight", weight_);
    v("bias", bias_);
  }

  // x [N,H,W,in] -> [N,H',W',out]. The default activation is linear.
  Tensor Forward(const Tensor& x, const Activation& act = {}) const;

 private:
  EqualizedWeight weight_;  // [out,k,k,in]
  Tensor bias_;             // [out]
  int64_t padding_;
};

}  // namespace sg::nn

#endif  // NN_EQUALIZED_CONV2D_H_
