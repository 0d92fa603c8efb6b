// A JPEG file.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/image/decode_jpeg.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!sg::gan::IsJpeg(bytes)) return 0;
  // The default would need more time and memory than an input may take here.
  sg::gan::DecodeLimits limits;
  limits.max_pixels = int64_t{1} << 20;
  const absl::StatusOr<sg::gan::Image> image = sg::gan::DecodeJpeg(bytes, limits);
  if (!image.ok()) return 0;
  SG_CHECK(image->channels == 3 && image->pixels.size() == size_t{3} * image->width * image->height)
      << "[fuzz] " << image->pixels.size() << " bytes for " << image->width << "x" << image->height;
  return 0;
}
