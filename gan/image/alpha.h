// Removes transparency.
#ifndef GAN_IMAGE_ALPHA_H_
#define GAN_IMAGE_ALPHA_H_

#include <cstdint>

namespace sg::gan {

// Composites RGBA pixels onto white: (c * alpha + 255 * (255 - alpha)) / 255, rounded. `rgb` may equal `rgba`.
void CompositeOnWhite(const uint8_t* rgba, int64_t pixels, uint8_t* rgb);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ALPHA_H_
