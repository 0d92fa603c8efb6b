// A dense layer with an equalized weight: y = act(m (c x w^T + b)), c = 1/sqrt(in). The learning rate multiplier m is 1
// unless given. The weight is then drawn from N(0,1) / m (Karras et al., "A style-based generator architecture", 2019,
// appendix C).
//
//   const EqualizedLinear layer(512, 256, /*bias=*/0, init);
//   Tensor y = layer.Forward(x, {/*slope=*/0.2, /*gain=*/1});  // [N,512] -> [N,256]
#ifndef NN_LAYERS_EQUALIZED_LINEAR_H_
#define NN_LAYERS_EQUALIZED_LINEAR_H_

#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_weight.h"
#include "nn/module.h"

namespace sg::nn {

class EqualizedLinear {
 public:
  // `bias` is the initial value of every bias. lr_mul > 0.
  EqualizedLinear(int64_t in, int64_t out, double bias, const InitContext& init, double lr_mul = 1);

  void Visit(ParamVisitor& v) {
    v("weight", weight_);
    v("bias", bias_);
  }

  // x [N,in] -> [N,out]. The default activation is linear. With a multiplier it must not clamp.
  Tensor Forward(const Tensor& x, const Activation& act = {}) const;

 private:
  EqualizedWeight weight_;  // [out,in]
  Tensor bias_;             // [out]
  double lr_mul_;
};

}  // namespace sg::nn

#endif  // NN_LAYERS_EQUALIZED_LINEAR_H_
