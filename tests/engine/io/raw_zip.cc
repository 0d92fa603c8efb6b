#include "tests/engine/io/raw_zip.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::io {
namespace {

std::string Number(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

uint32_t Crc32(absl::string_view bytes) {
  uint32_t crc = ~0u;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

}  // namespace

std::string MakeRawZip(const std::vector<RawZipEntry>& entries, const RawZipSpec& spec) {
  std::string out, directory;
  for (const RawZipEntry& entry : entries) {
    const uint64_t size = entry.size >= 0 ? entry.size : entry.data.size();
    const uint64_t offset = entry.offset >= 0 ? entry.offset : out.size();
    const std::string method = Number(entry.method, 2), flags = Number(entry.piped ? 8 : 0, 2);
    const std::string sums = Number(Crc32(entry.data), 4) + Number(entry.data.size(), 4) + Number(size, 4);
    const std::string times = Number(0, 4);
    absl::StrAppend(&out, "PK\x03\x04", Number(20, 2), flags, method, times, entry.piped ? std::string(12, '\0') : sums,
                    Number(entry.name.size(), 2), Number(0, 2), entry.name, entry.data);
    if (entry.piped) absl::StrAppend(&out, "PK\x07\x08", sums);
    const std::string extra = spec.zip64 ? Number(1, 2) + Number(8, 2) + Number(offset, 8) : "";
    absl::StrAppend(&directory, "PK\x01\x02", Number(entry.mode != 0 ? 3 << 8 | 20 : 20, 2), Number(20, 2), flags,
                    method, times, sums, Number(entry.name.size(), 2), Number(extra.size(), 2), Number(0, 2),
                    Number(0, 2), Number(0, 2), Number(uint64_t{entry.mode} << 16, 4),
                    spec.zip64 ? Number(0xffffffff, 4) : Number(offset, 4), entry.name, extra);
  }
  const uint64_t start = out.size();
  absl::StrAppend(&out, directory);
  if (spec.zip64) {
    const uint64_t end64 = out.size();
    absl::StrAppend(&out, "PK\x06\x06", Number(44, 8), Number(45, 2), Number(45, 2), Number(0, 4), Number(0, 4),
                    Number(entries.size(), 8), Number(entries.size(), 8), Number(directory.size(), 8),
                    Number(start, 8));
    absl::StrAppend(&out, "PK\x06\x07", Number(0, 4), Number(end64, 8), Number(1, 4));
  }
  const uint64_t count = spec.zip64 ? 0xffff : entries.size();
  absl::StrAppend(&out, "PK\x05\x06", Number(spec.disk, 2), Number(spec.disk, 2), Number(count, 2), Number(count, 2),
                  spec.zip64 ? Number(0xffffffff, 4) : Number(directory.size(), 4),
                  spec.zip64 ? Number(0xffffffff, 4) : Number(start, 4), Number(spec.comment.size(), 2), spec.comment);
  return spec.prefix + out + spec.suffix;
}

}  // namespace sg::io
