// The color part of augmentation: an affine map of the colors of each image. Differentiable to any order with respect
// to the images.
//
//   ImageTransform vivid;
//   vivid.saturation = 2;
//   Tensor y = TransformColors(x, {vivid});  // x [1,H,W,C]
#ifndef GAN_AUGMENT_COLOR_H_
#define GAN_AUGMENT_COLOR_H_

#include <cstdint>
#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

// red' = matrix[0] * (red, green, blue) + shift[0], and so on.
struct ColorMap {
  double matrix[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  double shift[3] = {0, 0, 0};
};

// The five transforms of colors, for pixels from -1 to 1.
ColorMap ColorMapOf(const ImageTransform& transform);

// How many of the channels of an image are colors. The last of two or four is an alpha channel.
inline int64_t ColorChannels(int64_t channels) { return channels >= 3 ? 3 : 1; }

// Images [N,H,W,C] with a map for each. One color channel gets the map of the gray (x,x,x), averaged over red, green
// and blue (NVIDIA). An alpha channel stays as it is. A GPU may round colors to TF32, as in the first layer.
Tensor MapColors(const Tensor& images, const std::vector<ColorMap>& maps);

// Images with their transforms' colors.
Tensor TransformColors(const Tensor& images, const std::vector<ImageTransform>& transforms);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_COLOR_H_
