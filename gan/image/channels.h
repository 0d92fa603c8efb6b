// Images of 1 to 4 channels: gray, gray and alpha, RGB, RGBA.
#ifndef GAN_IMAGE_CHANNELS_H_
#define GAN_IMAGE_CHANNELS_H_

#include "gan/image/image.h"

namespace sg::gan {

// RGB -> gray, RGBA -> gray and alpha: the luma of ITU-R BT.601, in the same bytes as Pillow's conversion to "L".
Image ToGray(const Image& image);

// The image with that many channels, 1 to 4: gray is repeated or is the luma (see ToGray), alpha that is missing is
// 255, and alpha that is not wanted is dropped.
Image WithChannels(Image image, int channels);

}  // namespace sg::gan

#endif  // GAN_IMAGE_CHANNELS_H_
