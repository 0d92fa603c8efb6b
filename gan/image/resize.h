// Center crop, mirror and Lanczos resize: the same bytes as Pillow's resize(..., LANCZOS) for 8-bit images, so a
// dataset prepared by the usual Python tools equals one prepared here.
//
//   Image square = ResizeLanczos(CenterCropSquare(image), 64, 64);
#ifndef GAN_IMAGE_RESIZE_H_
#define GAN_IMAGE_RESIZE_H_

#include "gan/image/image.h"

namespace sg::gan {

// The middle square. If an odd number of rows or columns is cut, the end loses one more than the beginning.
Image CenterCropSquare(const Image& image);

// Left and right swapped.
Image MirrorHorizontally(const Image& image);

// Windowed sinc with a = 3, widened by the ratio when shrinking (antialiasing), edges renormalized. Horizontal, then
// vertical pass, each in 22-bit fixed point and rounded to 8 bits. An axis that keeps its length is not filtered.
Image ResizeLanczos(const Image& image, int width, int height);

}  // namespace sg::gan

#endif  // GAN_IMAGE_RESIZE_H_
