// Limits on the resources that an untrusted image file may use. The decoders check them before they allocate memory of
// the image's size.
#ifndef GAN_IMAGE_DECODE_LIMITS_H_
#define GAN_IMAGE_DECODE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace sg::gan {

struct DecodeLimits {
  int64_t max_pixels = 300000000;  // 300 Mpx: phones take pictures of 200 Mpx
  // A row is kept whole, however the picture is reduced. libpng's own default.
  int64_t max_side = 1000000;
  // A larger picture is reduced by CenterShrink while it is decoded. It is never kept whole.
  int64_t max_whole_pixels = int64_t{64} << 20;
  int max_jpeg_scans = 100;  // a progressive JPEG has about 10
  int64_t max_jpeg_bytes =
      int64_t{1} << 30;  // the coefficients of a progressive JPEG, 6 bytes per pixel at most, 8 in CMYK
  size_t max_png_chunk_bytes = size_t{8} << 20;  // per ancillary chunk, uncompressed
};

// InvalidArgument, such as "image is 100000x100000, more than 300 Mpx (--max-mpx=300)", if width * height exceeds the
// limit or is not positive, or if a side is longer than max_side. A Mpx is a million pixels.
absl::Status CheckImageSize(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_LIMITS_H_
