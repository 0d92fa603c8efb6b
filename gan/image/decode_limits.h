// Limits on the resources that an untrusted image file may use. The decoders check them before they allocate memory of
// the image's size.
#ifndef GAN_IMAGE_DECODE_LIMITS_H_
#define GAN_IMAGE_DECODE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace sg::gan {

struct DecodeLimits {
  int64_t max_pixels = int64_t{64} << 20;
  int max_jpeg_scans = 100;                      // a progressive JPEG has about 10
  size_t max_png_chunk_bytes = size_t{8} << 20;  // per ancillary chunk, uncompressed
};

// InvalidArgument, such as "image is 100000x100000, more than 64 Mpx", if width * height exceeds the limit or is not
// positive.
absl::Status CheckImageSize(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_LIMITS_H_
