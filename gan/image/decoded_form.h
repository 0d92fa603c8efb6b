// What a decoder makes of a picture's pixels.
#ifndef GAN_IMAGE_DECODED_FORM_H_
#define GAN_IMAGE_DECODED_FORM_H_

#include "gan/image/aspect.h"

namespace sg::gan {

struct DecodedForm {
  // True: RGBA with straight alpha, 255 where the file has none. False: RGB, with transparency composited onto white.
  bool alpha = false;
  // Of the upright picture: the center part that is kept of one with more than DecodeLimits::max_whole_pixels.
  Aspect aspect;

  int channels() const { return alpha ? 4 : 3; }
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODED_FORM_H_
