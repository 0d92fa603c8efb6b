// Decodes PNG of any color type, bit depth and interlacing to 8-bit RGB or RGBA.
#ifndef GAN_IMAGE_DECODE_PNG_H_
#define GAN_IMAGE_DECODE_PNG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"

namespace sg::gan {

bool IsPng(absl::string_view bytes);

// `bytes` must satisfy IsPng. Rounds 16 bits to 8, and applies the
// orientation (see PngOrientation). Ignores color profiles and gamma. An image of more than limits.max_whole_pixels is
// reduced (see CenterShrink). Damage behind the last row, such as a missing end, costs no pixel and is accepted.
// DataLoss: "PNG is truncated", "PNG is damaged: IDAT: invalid distance ...".
absl::StatusOr<Image> DecodePng(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_PNG_H_
