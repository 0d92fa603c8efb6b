#include "engine/io/zip_directory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::io {
namespace {

// The fixed parts of the records in bytes. APPNOTE.TXT 4.3 and 4.5.3 describe them.
constexpr int64_t kLocalBytes = 30;
constexpr size_t kEntryBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr int64_t kEnd64Bytes = 56;
constexpr int64_t kEnd64LocatorBytes = 20;

constexpr absl::string_view kLocalSignature = "PK\x03\x04";
constexpr absl::string_view kEntrySignature = "PK\x01\x02";
constexpr absl::string_view kEndSignature = "PK\x05\x06";
constexpr absl::string_view kEnd64Signature = "PK\x06\x06";
constexpr absl::string_view kEnd64LocatorSignature = "PK\x06\x07";

constexpr int64_t kMaxCommentBytes = 65535;
constexpr uint64_t kMaxDirectoryBytes = uint64_t{1} << 30;
constexpr uint64_t kIn64 = 0xffffffff;  // a 32-bit field with this value has its real one in a zip64 record
constexpr uint64_t kZip64Extra = 1;

constexpr uint64_t kUnix = 3, kMacOs = 19;  // systems whose attributes contain a Unix mode

uint64_t LittleEndian(absl::string_view bytes, size_t offset, int width) {
  uint64_t value = 0;
  for (int i = width - 1; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return value;
}

absl::StatusOr<std::string> ReadBytes(const InputFile& file, int64_t offset, int64_t size) {
  std::string bytes(size, '\0');
  absl::Status status = file.ReadAt(offset, bytes.data(), size);
  if (!status.ok()) return status;
  return bytes;
}

absl::Status Damaged(const InputFile& file, absl::string_view how) {
  return absl::DataLossError(absl::StrCat(file.path(), " is damaged: ", how));
}

absl::Status TooManyEntries(const InputFile& file, int64_t max_entries) {
  return absl::ResourceExhaustedError(
      absl::StrCat(file.path(), " has more than ", max_entries, " entries: unpack it and give the folder"));
}

struct End {
  int64_t start = 0;  // of the record that follows the directory
  uint64_t directory_bytes = 0;
  uint64_t directory_offset = 0;
  bool split = false;
  std::optional<uint64_t> entries;  // from a zip64 record; the classic one has too few digits
};

// Replaces the values of a classic end record by those of the zip64 record, where there is one.
absl::Status ApplyZip64(const InputFile& file, End* end) {
  if (end->start < kEnd64LocatorBytes) return absl::OkStatus();
  absl::StatusOr<std::string> locator = ReadBytes(file, end->start - kEnd64LocatorBytes, kEnd64LocatorBytes);
  if (!locator.ok()) return locator.status();
  if (!absl::StartsWith(*locator, kEnd64LocatorSignature)) return absl::OkStatus();
  const int64_t adjacent = end->start - kEnd64LocatorBytes - kEnd64Bytes;
  const uint64_t stated = LittleEndian(*locator, 8, 8);
  // Bytes before the archive shift the record behind the stated place. It then precedes the locator directly.
  for (const uint64_t start : {stated, static_cast<uint64_t>(std::max<int64_t>(adjacent, 0))}) {
    if (adjacent < 0 || start > static_cast<uint64_t>(adjacent)) continue;
    absl::StatusOr<std::string> record = ReadBytes(file, static_cast<int64_t>(start), kEnd64Bytes);
    if (!record.ok()) return record.status();
    if (!absl::StartsWith(*record, kEnd64Signature)) continue;
    end->start = static_cast<int64_t>(start);
    end->split = LittleEndian(*record, 16, 4) != 0 || LittleEndian(*record, 20, 4) != 0;
    end->entries = LittleEndian(*record, 32, 8);
    end->directory_bytes = LittleEndian(*record, 40, 8);
    end->directory_offset = LittleEndian(*record, 48, 8);
    return absl::OkStatus();
  }
  return Damaged(file, "its zip64 directory is missing");
}

// Finds the last end record whose comment fits into the file. Bytes after it do no harm.
absl::StatusOr<End> FindEnd(const InputFile& file) {
  const int64_t tail_bytes = std::min<int64_t>(file.size(), kMaxCommentBytes + kEndBytes);
  absl::StatusOr<std::string> tail = ReadBytes(file, file.size() - tail_bytes, tail_bytes);
  if (!tail.ok()) return tail.status();
  size_t limit = std::string::npos;
  while (true) {
    const size_t at = tail->rfind(kEndSignature.data(), limit, kEndSignature.size());
    if (at == std::string::npos) break;
    if (at + kEndBytes <= tail->size() && at + kEndBytes + LittleEndian(*tail, at + 20, 2) <= tail->size()) {
      End end;
      end.start = file.size() - tail_bytes + static_cast<int64_t>(at);
      const uint64_t disk = LittleEndian(*tail, at + 4, 2), first_disk = LittleEndian(*tail, at + 6, 2);
      end.split = disk != 0 || first_disk != 0;
      end.directory_bytes = LittleEndian(*tail, at + 12, 4);
      end.directory_offset = LittleEndian(*tail, at + 16, 4);
      absl::Status status = ApplyZip64(file, &end);
      if (!status.ok()) return status;
      return end;
    }
    if (at == 0) break;
    limit = at - 1;
  }
  absl::StatusOr<std::string> start = ReadBytes(file, 0, std::min<int64_t>(file.size(), kLocalSignature.size()));
  if (!start.ok()) return start.status();
  if (*start == kLocalSignature) {
    return absl::DataLossError(absl::StrCat(file.path(), " is a zip archive without its end: it is truncated"));
  }
  return absl::InvalidArgumentError(absl::StrCat(file.path(), " is not a zip archive"));
}

ZipEntryKind KindOf(absl::string_view header, absl::string_view name) {
  const uint64_t system = LittleEndian(header, 5, 1);
  const uint64_t mode = system == kUnix || system == kMacOs ? LittleEndian(header, 40, 2) : 0;
  switch (mode & 0170000) {
    case 0120000: return ZipEntryKind::kLink;
    case 0040000: return ZipEntryKind::kFolder;
    case 0:
    case 0100000: break;
    default: return ZipEntryKind::kOther;
  }
  // Windows programs end the names of folders with a backslash.
  return absl::EndsWith(name, "/") || absl::EndsWith(name, "\\") ? ZipEntryKind::kFolder : ZipEntryKind::kFile;
}

// The place of an entry, from its header and its extra fields. Null if the zip64 field is too short.
struct Place {
  uint64_t offset = 0;
  uint64_t bytes = 0;  // compressed
};
std::optional<Place> PlaceOf(absl::string_view header, absl::string_view extra) {
  Place place;
  place.bytes = LittleEndian(header, 20, 4);
  place.offset = LittleEndian(header, 42, 4);
  const bool unpacked_in_64 = LittleEndian(header, 24, 4) == kIn64;
  if (place.bytes != kIn64 && place.offset != kIn64) return place;
  while (extra.size() >= 4) {
    const uint64_t id = LittleEndian(extra, 0, 2), size = LittleEndian(extra, 2, 2);
    extra.remove_prefix(4);
    if (size > extra.size()) return std::nullopt;
    if (id == kZip64Extra) {
      absl::string_view field = extra.substr(0, size);
      if (unpacked_in_64) field.remove_prefix(std::min<size_t>(field.size(), 8));
      for (uint64_t* value : {&place.bytes, &place.offset}) {
        if (*value != kIn64) continue;
        if (field.size() < 8) return std::nullopt;
        *value = LittleEndian(field, 0, 8);
        field.remove_prefix(8);
      }
      return place;
    }
    extra.remove_prefix(size);
  }
  return place;
}

absl::Status CheckPlaces(const InputFile& file, std::vector<Place> places, uint64_t directory_offset) {
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.offset < b.offset; });
  for (size_t i = 0; i < places.size(); ++i) {
    const uint64_t next = i + 1 < places.size() ? places[i + 1].offset : directory_offset;
    const uint64_t offset = places[i].offset;
    if (offset > next || next - offset < kLocalBytes || next - offset - kLocalBytes < places[i].bytes) {
      return Damaged(file, next == directory_offset ? "an entry overlaps the directory" : "two of its entries overlap");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ZipDirectory> ReadZipDirectory(const InputFile& file, int64_t max_entries) {
  absl::StatusOr<End> end = FindEnd(file);
  if (!end.ok()) return end.status();
  if (end->split) {
    return absl::UnimplementedError(absl::StrCat(
        file.path(), " is one part of a split zip archive; join the parts (zip -s 0 SPLIT.zip --out WHOLE.zip)"));
  }
  const auto before_end = static_cast<uint64_t>(end->start);
  if (end->directory_bytes > before_end || end->directory_offset > before_end - end->directory_bytes) {
    return Damaged(file, "its directory lies outside of the file");
  }
  if (end->directory_bytes > kMaxDirectoryBytes) return Damaged(file, "its directory is larger than 1 GiB");

  ZipDirectory directory;
  auto start = static_cast<int64_t>(end->directory_offset);
  const auto size = static_cast<int64_t>(end->directory_bytes);
  // Looked for first, because a file with holes may claim a large directory.
  absl::StatusOr<std::string> signature = ReadBytes(file, start, std::min<int64_t>(size, kEntrySignature.size()));
  if (!signature.ok()) return signature.status();
  if (size > 0 && *signature != kEntrySignature) {
    // Something may have been put before the archive. The directory then directly precedes the end record.
    start = end->start - size;
    signature = ReadBytes(file, start, static_cast<int64_t>(signature->size()));
    if (!signature.ok()) return signature.status();
    if (*signature != kEntrySignature) return Damaged(file, "its directory is missing");
    directory.prefix = start - static_cast<int64_t>(end->directory_offset);
  }
  const absl::StatusOr<std::string> bytes = ReadBytes(file, start, size);
  if (!bytes.ok()) return bytes.status();
  std::vector<Place> places;
  // The count in a classic end record is not used, because programs without zip64 store it modulo 65536.
  absl::string_view left = *bytes;
  while (absl::StartsWith(left, kEntrySignature) && left.size() >= kEntryBytes) {
    const absl::string_view header = left.substr(0, kEntryBytes);
    const uint64_t name = LittleEndian(header, 28, 2), extra = LittleEndian(header, 30, 2);
    const uint64_t comment = LittleEndian(header, 32, 2);
    left.remove_prefix(kEntryBytes);
    if (name + extra + comment > left.size()) return Damaged(file, "its directory is truncated");
    const std::optional<Place> place = PlaceOf(header, left.substr(name, extra));
    if (!place.has_value()) return Damaged(file, "a zip64 entry has no size");
    if (static_cast<int64_t>(places.size()) == max_entries) return TooManyEntries(file, max_entries);
    places.push_back(*place);
    directory.kinds.push_back(KindOf(header, left.substr(0, name)));
    left.remove_prefix(name + extra + comment);
  }
  // libzip takes memory for as many as are stated.
  if (end->entries.has_value() && *end->entries != places.size()) {
    return Damaged(file, absl::StrCat("its directory has ", places.size(), " entries, not ", *end->entries));
  }
  absl::Status status = CheckPlaces(file, std::move(places), end->directory_offset);
  if (!status.ok()) return status;
  return directory;
}

}  // namespace sg::io
