// Center crop, mirror and Lanczos resize. For 8-bit images, the bytes equal those of Pillow's resize(..., LANCZOS). A
// dataset prepared by the usual Python tools therefore equals one prepared here.
//
//   Image square = ResizeLanczos(CenterCrop(image, Aspect()), 64, 64);
#ifndef GAN_IMAGE_RESIZE_H_
#define GAN_IMAGE_RESIZE_H_

#include "gan/image/aspect.h"
#include "gan/image/image.h"

namespace sg::gan {

// The largest center part of that aspect. If an odd number of rows or columns is cut, the end loses one more than the
// beginning.
Image CenterCrop(const Image& image, const Aspect& aspect);

// Swaps left and right.
Image MirrorHorizontally(const Image& image);

// Windowed sinc with a = 3, widened by the ratio when shrinking (antialiasing) and renormalized at the edges. Filters
// horizontally, then vertically; each pass is computed in 22-bit fixed point and rounded to 8 bits. An axis whose
// length does not change is not filtered. Of 2 or 4 channels the last one is alpha, which is not premultiplied in
// `image` nor in the result, but in between.
Image ResizeLanczos(const Image& image, int width, int height);

}  // namespace sg::gan

#endif  // GAN_IMAGE_RESIZE_H_
