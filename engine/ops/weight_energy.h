// The energy of a convolution's weight for every pair of channels, used by the demodulation of StyleGAN2 (Karras et al.
// 2020, "Analyzing and improving the image quality of StyleGAN", equation 3). Differentiable to any order.
//
//   Tensor energy = WeightEnergy(w);                         // [O,kH,kW,I] -> [O,I]
//   Tensor variance = MatMul(Square(style), energy, params);  // [N,I] -> [N,O], with params.transpose_b
#ifndef ENGINE_OPS_WEIGHT_ENERGY_H_
#define ENGINE_OPS_WEIGHT_ENERGY_H_

#include "engine/tensor/tensor.h"

namespace sg {

// w [O,kH,kW,I] -> [O,I]: energy[o,i] = the sum over h, w of w[o,h,w,i]^2.
Tensor WeightEnergy(const Tensor& w);

}  // namespace sg

#endif  // ENGINE_OPS_WEIGHT_ENERGY_H_
