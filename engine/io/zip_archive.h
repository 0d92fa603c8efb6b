// Reads untrusted zip archives (zip64 too) without writing anything to disk: entry names such as "../x" and links are
// only strings here.
//
//   absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open("photos.zip");
//   absl::StatusOr<std::string> bytes = (*archive)->Read(0, /*max_bytes=*/1 << 20);
#ifndef ENGINE_IO_ZIP_ARCHIVE_H_
#define ENGINE_IO_ZIP_ARCHIVE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/io/zip_directory.h"

struct zip;  // libzip's handle, zip_t

namespace sg::io {

struct ZipEntry {
  std::string name;  // UTF-8, as stored: with '/' or '\\', not necessarily unique
  ZipEntryKind kind = ZipEntryKind::kFile;
  int64_t bytes = 0;  // unpacked, as the directory states; 0 if it does not
};

class ZipArchive {
 public:
  // Trusts the archive's directory. The copy of an entry's fields in front of its data may differ, as many programs
  // leave zeros there. Errors name the path and are those of ReadZipDirectory, NotFound, Unavailable if there is no
  // memory, and DataLoss for anything that libzip cannot read.
  static absl::StatusOr<std::unique_ptr<ZipArchive>> Open(const std::string& path);
  ~ZipArchive();

  // All entries, folders too, in the directory's order.
  const std::vector<ZipEntry>& entries() const { return entries_; }

  // The unpacked bytes of entry `index`, whose CRC is checked; the target of a link. Errors do not repeat the name: "is
  // encrypted ...", "is packed with Deflate64 ...", "is 9000000000 bytes, more than ...", "is packed 1029 times, which
  // looks like a zip bomb", or Unavailable if there is no memory. Thread-safe.
  absl::StatusOr<std::string> Read(int64_t index, int64_t max_bytes) const;

 private:
  explicit ZipArchive(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<struct zip*> TakeHandle() const;
  void ReturnHandle(struct zip* handle) const;

  std::string path_;
  int64_t prefix_ = 0;  // bytes before the archive
  std::vector<ZipEntry> entries_;
  mutable std::mutex mutex_;
  mutable std::vector<struct zip*> idle_;  // a handle serves one thread at a time
};

}  // namespace sg::io

#endif  // ENGINE_IO_ZIP_ARCHIVE_H_
