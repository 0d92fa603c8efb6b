// What the header of an image file says, without decoding its pixels.
//
//   const absl::StatusOr<ImageHeader> header = ReadImageHeader(bytes);
//   if (header.ok() && header->mode != PixelMode::kRgb) ...
#ifndef GAN_IMAGE_IMAGE_HEADER_H_
#define GAN_IMAGE_IMAGE_HEADER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

enum class PixelMode { kGray, kGrayAlpha, kRgb, kRgba, kPalette, kCmyk };
const char* PixelModeName(PixelMode mode);  // "gray", "RGB", ...

struct ImageHeader {
  int64_t width = 0, height = 0;  // as stored: before the orientation is applied
  PixelMode mode = PixelMode::kRgb;
  int bits = 8;  // per channel, or per index of a palette
};

// Of a PNG, JPEG or WebP file. Errors are one sentence without the file's name: InvalidArgument for another file,
// DataLoss for a header that is damaged.
absl::StatusOr<ImageHeader> ReadImageHeader(absl::string_view bytes);

}  // namespace sg::gan

#endif  // GAN_IMAGE_IMAGE_HEADER_H_
