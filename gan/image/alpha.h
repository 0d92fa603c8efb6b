// Transparency: removed, or multiplied into the colors, which a filter needs.
#ifndef GAN_IMAGE_ALPHA_H_
#define GAN_IMAGE_ALPHA_H_

#include <cstdint>

#include "gan/image/image.h"

namespace sg::gan {

// Composites RGBA pixels onto white: (c * alpha + 255 * (255 - alpha)) / 255, rounded. `rgb` may equal `rgba`.
void CompositeOnWhite(const uint8_t* rgba, int64_t pixels, uint8_t* rgb);

// RGB -> RGBA with alpha 255.
Image AddOpaqueAlpha(const Image& image);

// Multiplies each of the other channels by the last one, alpha, and back, in place. Colors lose precision where alpha
// is small, and where it is 0 they stay black. The same bytes as those of Pillow's conversions to "RGBa" and "La" and
// back.
void PremultiplyAlpha(int channels, int64_t pixels, uint8_t* values);
void UnpremultiplyAlpha(int channels, int64_t pixels, uint8_t* values);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ALPHA_H_
