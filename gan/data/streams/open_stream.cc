#include "gan/data/streams/open_stream.h"

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/byte_stream.h"
#include "engine/io/directory.h"
#include "engine/io/lmdb_reader.h"
#include "engine/io/tar_reader.h"
#include "gan/data/streams/cifar_batch.h"
#include "gan/data/streams/idx_stream.h"
#include "gan/data/streams/lmdb_stream.h"

namespace sg::gan {
namespace {

constexpr int64_t kExaminedBytes = 512;  // a header of tar

enum class Format { kFiles, kLmdb, kCifar, kIdx };

bool IsRegular(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

absl::StatusOr<Format> FormatOfFolder(const std::string& path) {
  if (IsRegular(absl::StrCat(path, "/data.mdb"))) return Format::kLmdb;
  const absl::StatusOr<std::vector<std::string>> names = io::NamesInDirectory(path);
  if (!names.ok()) return Format::kFiles;  // whose error tells more
  std::vector<std::string> files;
  for (const std::string& name : *names) {
    // "train" is often a folder of images.
    if (HasCifarNames({name}) && IsRegular(absl::StrCat(path, "/", name))) files.push_back(name);
  }
  return files.empty() ? Format::kFiles : Format::kCifar;
}

absl::StatusOr<Format> FormatOfFile(const std::string& path) {
  absl::StatusOr<io::ByteStream> file = io::ByteStream::Open(path);
  if (!file.ok()) return file.status();
  std::string start(kExaminedBytes, '\0');
  const absl::StatusOr<int64_t> read = file->ReadSome(&start[0], kExaminedBytes);
  if (!read.ok()) return read.status();
  start.resize(static_cast<size_t>(*read));
  if (IsIdx(start)) return Format::kIdx;
  if (io::IsLmdb(start)) return Format::kLmdb;
  if (io::IsTar(start)) {
    absl::StatusOr<io::TarReader> tar = io::TarReader::Open(path);
    if (!tar.ok()) return tar.status();
    io::TarEntry entry;
    while (true) {
      const absl::StatusOr<bool> more = tar->Next(&entry);
      if (!more.ok()) return more.status();
      if (*more && entry.is_file && HasCifarNames({entry.name})) return Format::kCifar;
      if (!*more) break;
    }
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a tar archive without the batches of CIFAR: unpack it and give the folder"));
  }
  if (file->is_packed()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is packed with gzip, and is neither a tar archive nor an idx file inside"));
  }
  const int64_t record10 = 1 + kCifarPixelBytes, record100 = 2 + kCifarPixelBytes;
  const bool whole = file->size() > 0 && (file->size() % record10 == 0 || file->size() % record100 == 0);
  if (absl::EndsWith(path, ".bin") && whole) return Format::kCifar;
  return Format::kFiles;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PictureStream>> OpenStream(const StreamOptions& options) {
  const std::string& path = options.files.path;
  struct stat info;
  absl::StatusOr<Format> format = Format::kFiles;  // whose errors tell what a path that is nothing is
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) format = FormatOfFolder(path);
    if (S_ISREG(info.st_mode)) format = FormatOfFile(path);
  }
  if (!format.ok()) return format.status();
  if (*format == Format::kFiles) return OpenFiles(options.files, options.labels);
  if (options.labels == StreamLabels::kFolders) {
    return absl::InvalidArgumentError(absl::StrCat(path, " has no folders that could be classes"));
  }
  switch (*format) {
    case Format::kLmdb: return OpenLmdb(path, options.files.max_file_bytes);
    case Format::kCifar: return OpenCifar(path, options.split);
    default: return OpenIdx(path);
  }
}

}  // namespace sg::gan
