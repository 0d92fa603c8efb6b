// Decodes the bytes of a PNG, JPEG or WebP file to 8-bit RGB or RGBA. Safe on hostile input.
//
//   absl::StatusOr<Image> image = DecodeImage(bytes, DecodeLimits());
#ifndef GAN_IMAGE_DECODE_IMAGE_H_
#define GAN_IMAGE_DECODE_IMAGE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/decode_limits.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

// The first bytes, never the file name, determine the format. The result has the channels of `form`: grayscale is
// repeated, CMYK is converted, and the orientation of EXIF, else of XMP, is applied. An animation gives its first
// frame. A file from which pixels are missing is an error, never a partial image; other damage is accepted. An image of
// at most limits.max_whole_pixels (64 Mpx) has exactly the pixels of the file. Of a larger one only the center part of
// form.aspect is returned, reduced by a whole factor to that limit. Errors are one sentence without the file's name,
// which the caller knows. They name common formats that are not read. Unavailable means that a library had no memory,
// and nothing about the file. std::bad_alloc means the same (engine/base/device_failure.h).
absl::StatusOr<Image> DecodeImage(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form = {});

// The center part of the aspect of `spec`, resized, with its channels (see WithChannels).
Image FitImage(const ImageSpec& spec, const Image& image);

// Decodes a file to an image of `spec`: the center part of that aspect, resized. With 1 channel it is the luma of the
// picture on white, with 3 the picture on white, with 2 and 4 the same and alpha (255 where the file has none). The
// sides of `spec` are at least 1. Errors: those of DecodeImage.
absl::StatusOr<Image> DecodeImageAs(const ImageSpec& spec, absl::string_view bytes, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_IMAGE_H_
