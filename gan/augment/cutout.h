// Rectangles that augmentation cuts out of images. Differentiable to any order with respect to the images.
//
//   Tensor y = ClearBoxes(x, {{8, 24, 8, 24}});  // x [1,32,32,C]: the middle is 0
#ifndef GAN_AUGMENT_CUTOUT_H_
#define GAN_AUGMENT_CUTOUT_H_

#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

// Edges in pixels from the left and from the top. A pixel belongs to the box that contains its center. The default
// contains none.
struct PixelBox {
  double left = 0, right = 0, top = 0, bottom = 0;
};

// Images [N,H,W,C] that are 0 in all channels of the pixels of their boxes, one for each image.
Tensor ClearBoxes(const Tensor& images, const std::vector<PixelBox>& boxes);

// Images with their transforms' cutouts.
Tensor CutOut(const Tensor& images, const std::vector<ImageTransform>& transforms);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_CUTOUT_H_
