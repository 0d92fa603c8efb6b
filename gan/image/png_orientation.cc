#include "gan/image/png_orientation.h"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gan/image/orientation.h"

namespace sg::gan {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kMaxTextBytes = size_t{1} << 20;
constexpr absl::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr absl::string_view kProfileKeyword = "Raw profile type ";

uint32_t BigEndian32(absl::string_view bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return value;
}

// Empty if the stream is damaged or too long.
std::string Inflate(absl::string_view zlib_stream) {
  std::string text(kMaxTextBytes, '\0');
  uLongf size = text.size();
  if (uncompress(reinterpret_cast<Bytef*>(text.data()), &size, reinterpret_cast<const Bytef*>(zlib_stream.data()),
                 zlib_stream.size()) != Z_OK) {
    return "";
  }
  text.resize(size);
  return text;
}

// Removes the bytes up to the next NUL and returns them.
absl::string_view TakeString(absl::string_view* data) {
  const absl::string_view string = data->substr(0, data->find('\0'));
  data->remove_prefix(std::min(data->size(), string.size() + 1));
  return string;
}

// The text of a tEXt, zTXt or iTXt chunk after its keyword.
std::string TextOf(absl::string_view type, absl::string_view data) {
  bool compressed = type == "zTXt";
  if (type == "iTXt") {
    if (data.size() < 2) return "";
    compressed = data[0] != 0;
    data.remove_prefix(1);
  }
  if (type != "tEXt") data.remove_prefix(std::min<size_t>(data.size(), 1));  // the method, which is always zlib
  if (type == "iTXt") {
    TakeString(&data);  // language
    TakeString(&data);  // translated keyword
  }
  if (compressed) return Inflate(data);
  return data.size() > kMaxTextBytes ? "" : std::string(data);
}

// ImageMagick writes a profile as text: an empty line, its type, its length, and hexadecimal digits in lines.
std::string RawProfile(absl::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  std::string digits;
  for (char c : text) {
    if (absl::ascii_isxdigit(c)) digits.push_back(c);
  }
  if (digits.size() % 2 != 0) digits.pop_back();
  return absl::HexStringToBytes(digits);
}

struct Orientations {
  std::optional<int> exif, profile, xmp;
};

void ReadText(absl::string_view type, absl::string_view data, Orientations* found) {
  const absl::string_view keyword = TakeString(&data);
  if (keyword == kXmpKeyword) {
    if (!found->xmp.has_value()) found->xmp = XmpOrientation(TextOf(type, data));
  } else if (absl::StartsWith(keyword, kProfileKeyword)) {
    const absl::string_view profile = absl::StripPrefix(keyword, kProfileKeyword);
    if (profile != "exif" && profile != "APP1" && profile != "xmp") return;
    const std::string bytes = RawProfile(TextOf(type, data));
    if (!found->profile.has_value()) found->profile = ExifOrientation(bytes);
    if (!found->xmp.has_value()) found->xmp = XmpOrientation(bytes);
  }
}

}  // namespace

int PngOrientation(absl::string_view png) {
  Orientations found;
  absl::string_view left = png.substr(std::min(png.size(), kSignatureBytes));
  while (left.size() >= 12) {
    const size_t size = BigEndian32(left, 0);
    if (size > left.size() - 12) break;
    const absl::string_view type = left.substr(4, 4);
    const absl::string_view data = left.substr(8, size);
    if (type == "eXIf" || type == "tEXt" || type == "zTXt" || type == "iTXt") {
      const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(type.data()), 4 + size);
      if (crc == BigEndian32(left, 8 + size)) {
        if (type != "eXIf") {
          ReadText(type, data, &found);
        } else if (!found.exif.has_value()) {
          found.exif = ExifOrientation(data);
        }
      }
    }
    left.remove_prefix(12 + size);
  }
  return found.exif.value_or(found.profile.value_or(found.xmp.value_or(1)));
}

}  // namespace sg::gan
