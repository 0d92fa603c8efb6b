#include "engine/io/printable.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace sg::io {
namespace {

uint8_t ByteAt(absl::string_view text, size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; }

// The bytes of the character that `text` begins with, or 0 if it is a control character or not UTF-8.
size_t PrintableBytes(absl::string_view text) {
  const uint8_t first = ByteAt(text, 0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  // The range of the second byte excludes longer forms than necessary, surrogates, and what is beyond Unicode. That of
  // 0xc2 excludes U+0080 to U+009F, the control characters of eight bits.
  uint8_t low = 0x80, high = 0xbf;
  if (first == 0xc2 || first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  const size_t bytes = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (ByteAt(text, 1) < low || ByteAt(text, 1) > high) return 0;
  for (size_t i = 2; i < bytes; ++i) {
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  }
  // U+2028 to U+202E and U+2066 to U+2069.
  const uint8_t second = ByteAt(text, 1), third = ByteAt(text, 2);
  if (first == 0xe2 && second == 0x80 && third >= 0xa8 && third <= 0xae) return 0;
  if (first == 0xe2 && second == 0x81 && third >= 0xa6 && third <= 0xa9) return 0;
  return bytes;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t bytes = PrintableBytes(text);
    if (bytes > 0) {
      out.append(text.data(), bytes);
    } else {
      absl::StrAppendFormat(&out, "\\x%02x", ByteAt(text, 0));
      bytes = 1;
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace sg::io
