// Decodes JPEG (baseline and progressive; gray, YCbCr, RGB, CMYK and YCCK) to 8-bit RGB.
#ifndef GAN_IMAGE_DECODE_JPEG_H_
#define GAN_IMAGE_DECODE_JPEG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"

namespace sg::gan {

bool IsJpeg(absl::string_view bytes);

// `bytes` must satisfy IsJpeg. Applies the orientation of EXIF, else of XMP, and ignores color profiles. An image of
// more than limits.max_whole_pixels is reduced (see CenterShrink). Damage that affects no pixel, such as a missing end,
// is accepted. DataLoss: "JPEG is truncated", "JPEG is damaged: ...", "JPEG has more than 100 scans".
// ResourceExhausted: a progressive JPEG needs more than limits.max_jpeg_bytes.
absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form = {});

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_JPEG_H_
