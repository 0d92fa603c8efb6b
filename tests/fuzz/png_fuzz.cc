// A PNG file, as it is and with the right checksum in every chunk. Without the second, few mutations would get past the
// first chunk.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/image/decode_png.h"

namespace {

uint32_t BigEndian32(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

uint32_t Crc32(absl::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string WithChecksums(std::string png) {
  size_t chunk = 8;
  while (png.size() >= chunk + 12) {
    const size_t length = BigEndian32(absl::string_view(png).substr(chunk, 4));
    if (length > png.size() - chunk - 12) break;
    const uint32_t crc = Crc32(absl::string_view(png).substr(chunk + 4, 4 + length));
    for (int i = 0; i < 4; ++i) png[chunk + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
    chunk += 12 + length;
  }
  return png;
}

void Decode(absl::string_view bytes) {
  // The default would need more memory than an input may take here.
  sg::gan::DecodeLimits limits;
  limits.max_pixels = int64_t{4} << 20;
  const absl::StatusOr<sg::gan::Image> image = sg::gan::DecodePng(bytes, limits);
  if (!image.ok()) return;
  SG_CHECK(image->channels == 3 && image->pixels.size() == size_t{3} * image->width * image->height)
      << "[fuzz] " << image->pixels.size() << " bytes for " << image->width << "x" << image->height;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string png(reinterpret_cast<const char*>(data), size);
  if (!sg::gan::IsPng(png)) return 0;
  Decode(png);
  Decode(WithChecksums(png));
  return 0;
}
