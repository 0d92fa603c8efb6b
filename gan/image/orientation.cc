#include "gan/image/orientation.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr int kTypeBytes[] = {0, 1, 0, 2, 4};  // of the types BYTE (1), SHORT (3) and LONG (4)
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

bool IsTransposed(int orientation) { return orientation >= 5; }

// The text that begins with the value of a property, given what follows its name: an attribute (tiff:Orientation="6")
// or an element (<tiff:Orientation>6</tiff:Orientation>). Empty if neither follows.
absl::string_view XmpValue(absl::string_view after_name) {
  absl::string_view text = absl::StripLeadingAsciiWhitespace(after_name);
  if (absl::ConsumePrefix(&text, "=")) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (!absl::ConsumePrefix(&text, "\"") && !absl::ConsumePrefix(&text, "'")) return "";
  } else if (!absl::ConsumePrefix(&text, ">")) {
    return "";
  }
  return absl::StripLeadingAsciiWhitespace(text);
}

}  // namespace

std::optional<int> ExifOrientation(absl::string_view exif) {
  absl::ConsumePrefix(&exif, absl::string_view("Exif\0\0", 6));
  const absl::string_view order = exif.substr(0, 2);
  if (order != "II" && order != "MM") return std::nullopt;
  const TiffBytes block{exif, order == "MM"};
  if (block.Read(2, 2) != 42) return std::nullopt;
  const size_t directory = block.Read(4, 4);
  const size_t entries = block.Read(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (block.Read(entry, 2) != kOrientationTag) continue;
    // EXIF prescribes a SHORT, but other integers are found and understood, too.
    const uint32_t type = block.Read(entry + 2, 2);
    const uint32_t value = type < std::size(kTypeBytes) ? block.Read(entry + 8, kTypeBytes[type]) : 0;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return std::nullopt;
}

std::optional<int> XmpOrientation(absl::string_view xmp) {
  constexpr absl::string_view kName = "tiff:Orientation";
  for (size_t at = xmp.find(kName); at != absl::string_view::npos; at = xmp.find(kName)) {
    xmp.remove_prefix(at + kName.size());
    const absl::string_view value = XmpValue(xmp);
    if (value.empty() || !absl::ascii_isdigit(value[0])) continue;
    const bool one_digit = value.size() == 1 || !absl::ascii_isdigit(value[1]);
    return one_digit && value[0] >= '1' && value[0] <= '8' ? std::optional<int>(value[0] - '0') : std::nullopt;
  }
  return std::nullopt;
}

DecodedForm BeforeOrientation(DecodedForm form, int orientation) {
  if (IsTransposed(orientation)) form.aspect = form.aspect.Transposed();
  return form;
}

Image ApplyOrientation(Image image, int orientation) {
  SG_CHECK(orientation >= 1 && orientation <= 8) << "[ApplyOrientation] orientation " << orientation;
  if (orientation == 1) return image;
  const int width = image.width;
  const int height = image.height;
  const bool transposed = IsTransposed(orientation);
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
