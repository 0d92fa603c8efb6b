// Encodes images as JPEG files.
//
//   absl::StatusOr<std::string> bytes = EncodeJpeg(image, /*quality=*/90);
#ifndef GAN_IMAGE_ENCODE_JPEG_H_
#define GAN_IMAGE_ENCODE_JPEG_H_

#include <string>

#include "absl/status/statusor.h"
#include "gan/image/image.h"

namespace sg::gan {

// The image has 1 (gray) or 3 (RGB) channels, or 2 or 4 with an alpha channel, which is composited onto white since
// JPEG has none. The quality is from 1 to 100; from 90 on the colors have full resolution. InvalidArgument for an empty
// image or a side above 65500 pixels; Unavailable if there is no memory.
absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality);

}  // namespace sg::gan

#endif  // GAN_IMAGE_ENCODE_JPEG_H_
