// The bytes of a PNG or JPEG file to 8-bit RGB, safe on hostile input.
//
//   absl::StatusOr<Image> image = DecodeImage(bytes, DecodeLimits());
#ifndef GAN_IMAGE_DECODE_IMAGE_H_
#define GAN_IMAGE_DECODE_IMAGE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"

namespace sg::gan {

// The format is told by the first bytes, never by a name. Always 3 channels: transparency is composited on white,
// greyscale repeated, CMYK converted, an EXIF orientation applied. A truncated or damaged file is an error, never a
// partial image. Errors are one sentence without the file's name, which the caller knows.
absl::StatusOr<Image> DecodeImage(absl::string_view bytes, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_IMAGE_H_
