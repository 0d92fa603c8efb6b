// Reads untrusted tar archives, also packed with gzip, entry by entry: ustar, with the long names of GNU's tar and of
// pax. Nothing is written to disk, so entry names are only strings.
//
//   absl::StatusOr<TarReader> tar = TarReader::Open("cifar-10-python.tar.gz");
//   TarEntry entry;
//   for (absl::StatusOr<bool> more = tar->Next(&entry); more.ok() && *more; more = tar->Next(&entry)) {
//     if (entry.is_file) absl::StatusOr<std::string> bytes = tar->ReadAll(/*max_bytes=*/1 << 20);
//   }
#ifndef ENGINE_IO_TAR_READER_H_
#define ENGINE_IO_TAR_READER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/byte_stream.h"

namespace sg::io {

struct TarEntry {
  std::string name;  // as stored
  int64_t bytes = 0;
  bool is_file = false;  // and no folder, link or device
};

// Whether a file with this beginning is a tar archive: the first 512 bytes have the checksum of a header.
bool IsTar(absl::string_view start);

// Errors are one sentence that begins with the path.
class TarReader {
 public:
  // `stream` is at the beginning of the archive.
  explicit TarReader(ByteStream stream) : stream_(std::move(stream)) {}
  static absl::StatusOr<TarReader> Open(const std::string& path);

  // Moves to the next entry. False at the end of the archive. DataLoss: it is damaged or truncated.
  absl::StatusOr<bool> Next(TarEntry* entry);
  // Exactly `size` of the entry's bytes, from where the last call ended. Too few of them are DataLoss.
  absl::Status Read(void* out, int64_t size);
  // The rest of the entry's bytes. ResourceExhausted if there are more than `max_bytes`.
  absl::StatusOr<std::string> ReadAll(int64_t max_bytes);

 private:
  absl::Status Damaged(const std::string& how) const;

  ByteStream stream_;
  int64_t left_ = 0;     // of the entry's bytes
  int64_t padding_ = 0;  // that follows them
};

}  // namespace sg::io

#endif  // ENGINE_IO_TAR_READER_H_
