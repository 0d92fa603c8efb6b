#include "engine/io/zip_writer.h"

#include <zlib.h>

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace sg::io {
namespace {

constexpr int64_t kMaxBytes = 0xffffffff;  // without zip64
constexpr uint64_t kMaxEntries = 0xffff;   // without zip64
constexpr size_t kLocalBytes = 30;         // of a header in front of an entry, without name and extra field
constexpr size_t kAlignment = 64;          // of the data, as torch.save has it
constexpr size_t kExtraHeaderBytes = 4;
constexpr int kZipVersion = 20;  // 2.0

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

}  // namespace

absl::Status ZipWriter::Add(absl::string_view name, absl::string_view data) {
  const int64_t offset = file_.size();
  if (offset + static_cast<int64_t>(data.size()) + static_cast<int64_t>(kAlignment) > kMaxBytes) {
    return absl::UnimplementedError("an archive of more than 4 GiB cannot be written");
  }
  if (++entries_ > kMaxEntries) {
    return absl::UnimplementedError(
        absl::StrCat("an archive of more than ", kMaxEntries, " entries cannot be written"));
  }
  const size_t unpadded = static_cast<size_t>(offset) + kLocalBytes + name.size() + kExtraHeaderBytes;
  const size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  const std::string common =
      absl::StrCat(Number(kZipVersion, 2), Number(0, 2), Number(0, 2), Number(0, 4), Number(Crc32(data), 4),
                   Number(data.size(), 4), Number(data.size(), 4), Number(name.size(), 2));
  const std::string extra = absl::StrCat("FB", Number(padding, 2), std::string(padding, 'Z'));
  absl::Status status = file_.Append(absl::StrCat("PK\x03\x04", common, Number(extra.size(), 2), name, extra));
  if (status.ok()) status = file_.Append(data);
  if (!status.ok()) return status;
  // No extra field, comment, disk or attributes.
  absl::StrAppend(&directory_, "PK\x01\x02", Number(kZipVersion, 2), common, Number(0, 2), Number(0, 2), Number(0, 2),
                  Number(0, 2), Number(0, 4), Number(static_cast<uint64_t>(offset), 4), name);
  return absl::OkStatus();
}

absl::Status ZipWriter::Finish() {
  const std::string end =
      absl::StrCat("PK\x05\x06", Number(0, 4), Number(entries_, 2), Number(entries_, 2), Number(directory_.size(), 4),
                   Number(static_cast<uint64_t>(file_.size()), 4), Number(0, 2));
  return file_.Append(directory_ + end);
}

}  // namespace sg::io
