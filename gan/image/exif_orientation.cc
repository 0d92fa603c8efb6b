#include "gan/image/exif_orientation.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShortType = 3;
constexpr size_t kEntryBytes = 12;

// Reads integers in the byte order of the block. Returns 0 beyond its end.
struct TiffBytes {
  absl::string_view bytes;
  bool big_endian;

  uint32_t Read(size_t offset, int width) const {
    if (offset > bytes.size() || bytes.size() - offset < static_cast<size_t>(width)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < width; ++i) {
      const auto byte = static_cast<uint8_t>(bytes[offset + (big_endian ? i : width - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }
};

}  // namespace

int ExifOrientation(absl::string_view tiff) {
  const absl::string_view order = tiff.substr(0, 2);
  if (order != "II" && order != "MM") return 1;
  const TiffBytes block{tiff, order == "MM"};
  if (block.Read(2, 2) != 42) return 1;
  const size_t directory = block.Read(4, 4);
  const size_t entries = block.Read(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (block.Read(entry, 2) != kOrientationTag) continue;
    const uint32_t value = block.Read(entry + 8, 2);
    return block.Read(entry + 2, 2) == kShortType && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image ApplyOrientation(Image image, int orientation) {
  SG_CHECK(orientation >= 1 && orientation <= 8) << "[ApplyOrientation] orientation " << orientation;
  if (orientation == 1) return image;
  const int width = image.width;
  const int height = image.height;
  const bool transposed = orientation >= 5;
  Image out{transposed ? height : width, transposed ? width : height, image.channels, {}};
  out.pixels.resize(image.pixels.size());
  const size_t pixel_bytes = image.channels;
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int sx = transposed ? y : x;
      int sy = transposed ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = width - 1 - sx;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = height - 1 - sy;
      std::memcpy(to, &image.pixels[(static_cast<size_t>(sy) * width + sx) * pixel_bytes], pixel_bytes);
      to += pixel_bytes;
    }
  }
  return out;
}

}  // namespace sg::gan
