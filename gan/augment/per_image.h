// Constants of augmentation: numbers that were drawn on the host for the images of a batch.
//
//   Tensor y = Add(x, ConstantLike(x, {2, 1, 1, 1}, {0.1f, -0.2f}));  // x [2,H,W,C]
#ifndef GAN_AUGMENT_PER_IMAGE_H_
#define GAN_AUGMENT_PER_IMAGE_H_

#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/tensor/tensor.h"

namespace sg::gan {

// A tensor of the dtype and on the device of `like`.
inline Tensor ConstantLike(const Tensor& like, const Shape& shape, const std::vector<float>& values) {
  return Cast(Tensor::FromHost<float>(shape, values, like.device()), like.dtype());
}

}  // namespace sg::gan

#endif  // GAN_AUGMENT_PER_IMAGE_H_
