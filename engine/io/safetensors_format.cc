#include "engine/io/safetensors_format.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/io/crc32c.h"

namespace sg::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are copied between file and memory as they are");

// In the order of the reference implementation's enum, which is its writer's order reversed.
constexpr SafetensorsDType kDTypes[] = {
    {"BOOL", 8, false, std::nullopt, 0},
    {"F4", 4, false, std::nullopt, 1},
    {"F6_E2M3", 6, false, std::nullopt, 2},
    {"F6_E3M2", 6, false, std::nullopt, 3},
    {"U8", 8, true, DType::kU8, 4},
    {"I8", 8, false, std::nullopt, 5},
    {"F8_E5M2", 8, false, std::nullopt, 6},
    {"F8_E4M3", 8, false, std::nullopt, 7},
    {"F8_E8M0", 8, false, std::nullopt, 8},
    {"F8_E4M3FNUZ", 8, false, std::nullopt, 9},
    {"F8_E5M2FNUZ", 8, false, std::nullopt, 10},
    {"I16", 16, false, std::nullopt, 11},
    {"U16", 16, false, std::nullopt, 12},
    {"F16", 16, true, std::nullopt, 13},
    {"BF16", 16, true, DType::kBF16, 14},
    {"I32", 32, true, DType::kI32, 15},
    {"U32", 32, false, std::nullopt, 16},
    {"F32", 32, true, DType::kF32, 17},
    {"C64", 64, false, std::nullopt, 18},
    {"F64", 64, true, DType::kF64, 19},
    {"I64", 64, true, std::nullopt, 20},
    {"U64", 64, true, std::nullopt, 21},
};

constexpr size_t kChecksumDigits = 8;
constexpr size_t kMaxQuotedBytes = 100;

}  // namespace

const SafetensorsDType* FindSafetensorsDType(absl::string_view name) {
  for (const SafetensorsDType& dtype : kDTypes) {
    if (name == dtype.name) return &dtype;
  }
  return nullptr;
}

const char* SafetensorsName(DType dtype) {
  for (const SafetensorsDType& candidate : kDTypes) {
    if (candidate.dtype == dtype) return candidate.name;
  }
  return "?";
}

std::optional<int64_t> SafetensorsBytes(const SafetensorsDType& dtype, const Shape& shape) {
  int64_t bits = 1;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(bits, extent, &bits)) return std::nullopt;
  }
  if (__builtin_mul_overflow(bits, int64_t{dtype.bits}, &bits) || bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

std::string QuotedName(absl::string_view name) {
  const bool is_long = name.size() > kMaxQuotedBytes;
  return absl::StrCat("\"", absl::CHexEscape(name.substr(0, kMaxQuotedBytes)), is_long ? "...\"" : "\"");
}

std::string ChecksumText(uint32_t crc) { return absl::StrFormat("%08x", crc); }

std::optional<uint32_t> ParseChecksumText(absl::string_view text) {
  if (text.size() != kChecksumDigits) return std::nullopt;
  uint32_t crc = 0;
  for (char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    crc = crc << 4 | static_cast<uint32_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return crc;
}

size_t FindHeaderChecksum(absl::string_view header) {
  // Inside a JSON string these quotes would be escaped, so the first match is the entry itself.
  const std::string pattern = absl::StrCat("\"", kHeaderChecksumKey, "\":\"");
  const size_t position = header.find(pattern);
  if (position == absl::string_view::npos) return absl::string_view::npos;
  const size_t digits = position + pattern.size();
  return digits + kChecksumDigits <= header.size() ? digits : absl::string_view::npos;
}

uint32_t HeaderChecksum(absl::string_view header, size_t position) {
  constexpr char kZeros[] = "00000000";
  uint32_t crc = Crc32c(header.data(), position);
  crc = ExtendCrc32c(crc, kZeros, kChecksumDigits);
  const absl::string_view rest = header.substr(position + kChecksumDigits);
  return ExtendCrc32c(crc, rest.data(), rest.size());
}

}  // namespace sg::io
