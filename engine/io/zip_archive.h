// Reads a zip or zip64 archive as untrusted input. Nothing is written to disk, so entry names such as "../x" and links
// do no harm. Entries that overlap cost no more memory than one of them at a time.
//
//   absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open("photos.zip");
//   if (archive.ok()) bytes = (*archive)->Read(0, max_bytes);
#ifndef ENGINE_IO_ZIP_ARCHIVE_H_
#define ENGINE_IO_ZIP_ARCHIVE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

struct zip;  // libzip's handle, zip_t

namespace sg::io {

class ZipArchive {
 public:
  // Checks the directory of the archive against its entries. Errors name the path: "X is not a zip archive".
  static absl::StatusOr<std::unique_ptr<ZipArchive>> Open(const std::string& path);
  ~ZipArchive();

  // All entries in the archive's order. Folders are entries whose names end in '/'.
  const std::vector<std::string>& names() const { return names_; }

  // The unpacked bytes of entry `index`, whose CRC is checked. Errors do not name the entry: "is encrypted", "is
  // 9000000000 bytes, more than ...", "is packed 1029 times, which looks like a zip bomb". Any number of threads may
  // read at once.
  absl::StatusOr<std::string> Read(int64_t index, int64_t max_bytes) const;

 private:
  explicit ZipArchive(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<struct zip*> TakeHandle() const;
  void ReturnHandle(struct zip* handle) const;

  std::string path_;
  std::vector<std::string> names_;
  mutable std::mutex mutex_;
  mutable std::vector<struct zip*> idle_;  // a handle serves one thread at a time
};

}  // namespace sg::io

#endif  // ENGINE_IO_ZIP_ARCHIVE_H_
