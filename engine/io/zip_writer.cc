#include "engine/io/zip_writer.h"

#include <zlib.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sg::io {
namespace {

constexpr size_t kLocalBytes = 30;  // of a header in front of an entry, without name and extra field
constexpr size_t kAlignment = 64;   // of the data, as torch.save has it
constexpr size_t kExtraHeaderBytes = 4;
constexpr size_t kMaxNameBytes = 0xffff;
constexpr int kZipVersion = 20, kZip64Version = 45;  // 2.0 and 4.5
constexpr uint64_t kIn64 = 0xffffffff;               // a field whose number is in the zip64 record
constexpr uint64_t kEnd64Bytes = 44;                 // of the zip64 record at the end, behind this number

// Little-endian.
std::string Number(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

uint32_t Crc32(absl::string_view bytes) {
  uLong crc = crc32(0, nullptr, 0);
  constexpr size_t kStep = size_t{1} << 30;  // zlib counts in 32 bits
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kStep);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(piece.size()));
    bytes.remove_prefix(piece.size());
  }
  return static_cast<uint32_t>(crc);
}

// An extra field with numbers of 64 bits.
std::string Zip64Extra(const std::string& numbers) {
  return numbers.empty() ? "" : absl::StrCat(Number(1, 2), Number(numbers.size(), 2), numbers);
}

}  // namespace

absl::Status ZipWriter::Add(absl::string_view name, absl::string_view data) {
  SG_CHECK(name.size() <= kMaxNameBytes) << "[ZipWriter] a name of " << name.size() << " bytes";
  const auto offset = static_cast<uint64_t>(file_.size());
  const bool large = data.size() >= limits_.bytes, far = offset >= limits_.bytes;
  const std::string sizes64 = large ? Number(data.size(), 8) + Number(data.size(), 8) : "";
  const std::string local64 = Zip64Extra(sizes64);
  const std::string entry64 = Zip64Extra(sizes64 + (far ? Number(offset, 8) : ""));
  const uint64_t size = large ? kIn64 : data.size();
  const size_t unpadded = offset + kLocalBytes + name.size() + local64.size() + kExtraHeaderBytes;
  const size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  const int version = large || far ? kZip64Version : kZipVersion;
  const std::string common =
      absl::StrCat(Number(version, 2), Number(0, 2), Number(0, 2), Number(0, 4), Number(Crc32(data), 4),
                   Number(size, 4), Number(size, 4), Number(name.size(), 2));
  const std::string extra = absl::StrCat(local64, "FB", Number(padding, 2), std::string(padding, 'Z'));
  absl::Status status = file_.Append(absl::StrCat("PK\x03\x04", common, Number(extra.size(), 2), name, extra));
  if (status.ok()) status = file_.Append(data);
  if (!status.ok()) return status;
  // No comment, disk or attributes.
  absl::StrAppend(&directory_, "PK\x01\x02", Number(version, 2), common, Number(entry64.size(), 2), Number(0, 2),
                  Number(0, 2), Number(0, 2), Number(0, 4), Number(far ? kIn64 : offset, 4), name, entry64);
  ++entries_;
  return absl::OkStatus();
}

absl::Status ZipWriter::Finish() {
  const auto start = static_cast<uint64_t>(file_.size());
  const uint64_t size = directory_.size();
  const bool many = entries_ >= limits_.entries, far = start >= limits_.bytes, large = size >= limits_.bytes;
  std::string end;
  if (many || far || large) {
    // The zip64 record, then where it is.
    end = absl::StrCat("PK\x06\x06", Number(kEnd64Bytes, 8), Number(kZip64Version, 2), Number(kZip64Version, 2),
                       Number(0, 4), Number(0, 4), Number(entries_, 8), Number(entries_, 8), Number(size, 8),
                       Number(start, 8));
    absl::StrAppend(&end, "PK\x06\x07", Number(0, 4), Number(start + size, 8), Number(1, 4));
  }
  const uint64_t count = many ? 0xffff : entries_;
  absl::StrAppend(&end, "PK\x05\x06", Number(0, 4), Number(count, 2), Number(count, 2), Number(large ? kIn64 : size, 4),
                  Number(far ? kIn64 : start, 4), Number(0, 2));
  const absl::Status status = file_.Append(directory_);
  return status.ok() ? file_.Append(end) : status;
}

}  // namespace sg::io
