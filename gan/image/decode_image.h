// Decodes the bytes of a PNG or JPEG file to 8-bit RGB. Safe on hostile input.
//
//   absl::StatusOr<Image> image = DecodeImage(bytes, DecodeLimits());
#ifndef GAN_IMAGE_DECODE_IMAGE_H_
#define GAN_IMAGE_DECODE_IMAGE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"

namespace sg::gan {

// The first bytes, never the file name, determine the format. The result always has 3 channels: transparency is
// composited onto white, grayscale is repeated, CMYK is converted, and the EXIF orientation is applied. A truncated or
// damaged file is an error, never a partial image. Errors are one sentence without the file's name, which the caller
// knows.
absl::StatusOr<Image> DecodeImage(absl::string_view bytes, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_IMAGE_H_
