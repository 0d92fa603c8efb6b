// Decodes WebP (lossy, lossless, with transparency; of an animation the first frame) to 8-bit RGB.
#ifndef GAN_IMAGE_DECODE_WEBP_H_
#define GAN_IMAGE_DECODE_WEBP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"

namespace sg::gan {

bool IsWebp(absl::string_view bytes);

// `bytes` must satisfy IsWebp. Composites transparent images onto white, applies the orientation of EXIF, else of XMP,
// and ignores color profiles. An image of more than limits.max_whole_pixels is cropped to the center square and reduced
// to that limit by libwebp; an animation of such a size is InvalidArgument. DataLoss: "WebP is truncated", "WebP is
// damaged".
absl::StatusOr<Image> DecodeWebp(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_WEBP_H_
