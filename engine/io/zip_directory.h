// Reads the directory of a zip archive (zip64 too): where each entry lies and what it is. libzip tells neither.
//
//   absl::StatusOr<InputFile> file = InputFile::Open("photos.zip");
//   absl::StatusOr<ZipDirectory> directory = ReadZipDirectory(*file);
#ifndef ENGINE_IO_ZIP_DIRECTORY_H_
#define ENGINE_IO_ZIP_DIRECTORY_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/io/input_file.h"

namespace sg::io {

enum class ZipEntryKind { kFile, kFolder, kLink, kOther };  // kOther: a device, a pipe, a socket

struct ZipDirectory {
  // Bytes before the archive, such as the program of a self-extracting one. Offsets in the archive do not count them.
  int64_t prefix = 0;
  std::vector<ZipEntryKind> kinds;  // of the entries, in the directory's order
};

// libzip takes about 300 bytes for each entry, with a name of 23. The largest sets of images have some millions.
inline constexpr int64_t kMaxZipEntries = 4'000'000;

// Errors name the path. ResourceExhausted: there are more than `max_entries`, before memory is taken for them.
// InvalidArgument: "X is not a zip archive". Unimplemented: part of a split archive. DataLoss:
// the archive is truncated, its directory is damaged, or entries overlap each other or the directory, as in zip bombs.
absl::StatusOr<ZipDirectory> ReadZipDirectory(const InputFile& file, int64_t max_entries = kMaxZipEntries);

}  // namespace sg::io

#endif  // ENGINE_IO_ZIP_DIRECTORY_H_
