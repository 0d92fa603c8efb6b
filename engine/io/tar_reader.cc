#include "engine/io/tar_reader.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sg::io {
namespace {

// The header of an entry (POSIX.1-1988, pax): fields by their offset and size.
constexpr size_t kBlock = 512;
struct Field {
  size_t offset, size;
};
constexpr Field kName = {0, 100}, kSize = {124, 12}, kChecksum = {148, 8}, kMagic = {257, 5}, kPrefix = {345, 155};
constexpr size_t kTypeAt = 156;
constexpr int64_t kMaxNameBytes = int64_t{64} << 10;  // of a name, and of all pax records of an entry
constexpr int64_t kMaxEntryBytes = int64_t{1} << 50;

absl::string_view Bytes(absl::string_view header, const Field& field) {
  return header.substr(field.offset, field.size);
}

absl::string_view Text(absl::string_view header, const Field& field) {
  const absl::string_view bytes = Bytes(header, field);
  return bytes.substr(0, bytes.find('\0'));
}

// Octal digits between blanks, or as GNU's tar has it a big-endian number behind the byte 0x80.
std::optional<int64_t> Number(absl::string_view bytes) {
  int64_t number = 0;
  if (!bytes.empty() && static_cast<uint8_t>(bytes[0]) == 0x80) {
    for (const char c : bytes.substr(1)) {
      if (number > kMaxEntryBytes) return std::nullopt;
      number = number << 8 | static_cast<uint8_t>(c);
    }
    return number;
  }
  size_t at = bytes.find_first_not_of(' ');
  if (at == absl::string_view::npos) return std::nullopt;
  for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '7'; ++at) number = number << 3 | (bytes[at] - '0');
  const bool ends = at == bytes.size() || bytes[at] == '\0' || bytes[at] == ' ';
  return ends ? std::make_optional(number) : std::nullopt;
}

// The sum of all bytes, with blanks in place of the checksum itself.
bool HasChecksum(absl::string_view header) {
  int64_t sum = ' ' * static_cast<int64_t>(kChecksum.size);
  for (size_t i = 0; i < kBlock; ++i) {
    if (i < kChecksum.offset || i >= kChecksum.offset + kChecksum.size) sum += static_cast<uint8_t>(header[i]);
  }
  return Number(Bytes(header, kChecksum)) == sum;
}

// Records "27 path=a/long/name\n", each with its own length first. False if they make no sense.
bool ApplyPax(absl::string_view records, std::optional<std::string>* name, std::optional<int64_t>* bytes) {
  while (!records.empty()) {
    const size_t blank = records.find(' ');
    uint64_t length = 0;
    if (blank == absl::string_view::npos || !absl::SimpleAtoi(records.substr(0, blank), &length) ||
        length <= blank + 1 || length > records.size() || records[length - 1] != '\n') {
      return false;
    }
    const absl::string_view record = records.substr(blank + 1, length - blank - 2);
    records.remove_prefix(length);
    const size_t equals = record.find('=');
    if (equals == absl::string_view::npos) return false;
    const absl::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    int64_t size = 0;
    if (key == "path") *name = std::string(value);
    if (key != "size") continue;
    if (!absl::SimpleAtoi(value, &size) || size < 0 || size > kMaxEntryBytes) return false;
    *bytes = size;
  }
  return true;
}

}  // namespace

bool IsTar(absl::string_view start) {
  return start.size() >= kBlock && start[0] != '\0' && HasChecksum(start.substr(0, kBlock));
}

absl::StatusOr<TarReader> TarReader::Open(const std::string& path) {
  absl::StatusOr<ByteStream> stream = ByteStream::Open(path);
  if (!stream.ok()) return stream.status();
  return TarReader(*std::move(stream));
}

absl::Status TarReader::Damaged(const std::string& how) const {
  return absl::DataLossError(absl::StrCat(stream_.path(), " is damaged: ", how));
}

absl::StatusOr<bool> TarReader::Next(TarEntry* entry) {
  std::optional<std::string> long_name;
  std::optional<int64_t> long_size;
  while (true) {
    const absl::Status skipped = stream_.Skip(left_ + padding_);
    left_ = padding_ = 0;
    if (!skipped.ok()) return skipped;
    const int64_t at = stream_.position();
    char header[kBlock];
    const absl::StatusOr<int64_t> read = stream_.ReadSome(header, kBlock);
    if (!read.ok()) return read.status();
    const absl::string_view block(header, kBlock);
    // Two empty blocks end an archive. Programs accept one, and none.
    if (*read == 0 || (*read == static_cast<int64_t>(kBlock) && block.find_first_not_of('\0') == block.npos)) {
      return false;
    }
    if (*read < static_cast<int64_t>(kBlock)) return Damaged("it ends inside the header of an entry");
    const std::optional<int64_t> size = Number(Bytes(block, kSize));
    if (!HasChecksum(block) || !size || *size < 0 || *size > kMaxEntryBytes) {
      return Damaged(absl::StrCat("there is no header of an entry at byte ", at));
    }
    const char type = header[kTypeAt];
    left_ = *size;
    const bool is_extension = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    if (!is_extension && long_size) left_ = *long_size;
    padding_ = (static_cast<int64_t>(kBlock) - left_ % static_cast<int64_t>(kBlock)) % static_cast<int64_t>(kBlock);
    if (type == 'L' || type == 'x') {
      const absl::StatusOr<std::string> data = ReadAll(kMaxNameBytes);
      if (!data.ok()) return data.status();
      if (type == 'L') long_name = data->substr(0, data->find('\0'));
      if (type == 'x' && !ApplyPax(*data, &long_name, &long_size)) {
        return Damaged(absl::StrCat("the pax header at byte ", at, " makes no sense"));
      }
    }
    if (is_extension) continue;
    const bool has_prefix = Bytes(block, kMagic) == "ustar" && !Text(block, kPrefix).empty();
    entry->name = long_name    ? *long_name
                  : has_prefix ? absl::StrCat(Text(block, kPrefix), "/", Text(block, kName))
                               : std::string(Text(block, kName));
    entry->bytes = left_;
    // Old programs mark a folder by a slash at its name's end.
    entry->is_file = (type == '0' || type == '\0' || type == '7') && (entry->name.empty() || entry->name.back() != '/');
    // Only files have data; other entries may state a size nevertheless.
    if (!entry->is_file && type >= '1' && type <= '6') entry->bytes = left_ = padding_ = 0;
    return true;
  }
}

absl::Status TarReader::Read(void* out, int64_t size) {
  if (size > left_) return Damaged(absl::StrCat("an entry ends ", size - left_, " bytes too early"));
  const absl::Status status = stream_.Read(out, size);
  if (status.ok()) left_ -= size;
  return status;
}

absl::StatusOr<std::string> TarReader::ReadAll(int64_t max_bytes) {
  if (left_ > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(stream_.path(), ": an entry is ", left_, " bytes, more than ", max_bytes));
  }
  // A size is only a claim: memory is taken as bytes arrive.
  constexpr int64_t kStep = int64_t{1} << 20;
  std::string bytes;
  while (left_ > 0) {
    const int64_t step = std::min(left_, kStep);
    const size_t length = bytes.size();
    bytes.resize(length + static_cast<size_t>(step));
    const absl::Status status = Read(&bytes[length], step);
    if (!status.ok()) return status;
  }
  return bytes;
}

}  // namespace sg::io
