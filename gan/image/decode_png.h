// PNG of any color type, bit depth and interlacing to 8-bit RGB.
#ifndef GAN_IMAGE_DECODE_PNG_H_
#define GAN_IMAGE_DECODE_PNG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"

namespace sg::gan {

bool IsPng(absl::string_view bytes);

// `bytes` satisfies IsPng. Transparent images are composited on white, 16 bits are rounded to 8, and the eXIf
// orientation is applied; color profiles and gamma are ignored. DataLoss: "PNG is truncated",
// "PNG is damaged: IDAT: invalid distance ...".
absl::StatusOr<Image> DecodePng(absl::string_view bytes, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_PNG_H_
