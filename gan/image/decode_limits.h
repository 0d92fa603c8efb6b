// What an untrusted image file may ask of the decoders. Checked before anything of the image's size is allocated.
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

// InvalidArgument, "image is 100000x100000, more than 64 Mpx", when width * height is over the limit or not positive.
absl::Status CheckImageSize(int64_t width, int64_t height, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_IMAGE_DECODE_LIMITS_H_
