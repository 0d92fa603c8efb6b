// A WebP file.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/image/decode_webp.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!sg::gan::IsWebp(bytes)) return 0;
  // The defaults would need more memory than an input may take here.
  sg::gan::DecodeLimits limits;
  limits.max_pixels = limits.max_whole_pixels = int64_t{4} << 20;
  const absl::StatusOr<sg::gan::Image> image = sg::gan::DecodeWebp(bytes, limits);
  if (!image.ok()) return 0;
  SG_CHECK(image->channels == 3 && image->pixels.size() == size_t{3} * image->width * image->height)
      << "[fuzz] " << image->pixels.size() << " bytes for " << image->width << "x" << image->height;
  return 0;
}
