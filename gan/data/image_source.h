// The PNG and JPEG files of a folder tree or a zip archive, as a numbered list of byte strings.
//
//   absl::StatusOr<std::unique_ptr<ImageSource>> source = ImageSource::Open("photos.zip");
//   absl::StatusOr<std::string> bytes = (*source)->Read(0);
#ifndef GAN_DATA_IMAGE_SOURCE_H_
#define GAN_DATA_IMAGE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/io/zip_archive.h"

namespace sg::gan {

class ImageSource {
 public:
  // The size of the longest PNG within the default limit of pixels (64 Mpx of 16-bit RGBA, not compressed).
  static constexpr int64_t kDefaultMaxFileBytes = int64_t{512} << 20;

  // Lists the files named *.png, *.jpg or *.jpeg in any case, sorted by path, without hidden ones. Each error is one
  // sentence with the path: it does not exist; it is neither a folder nor a zip archive; "no PNG or JPEG images under X
  // (12 other files)"; a zip archive has the same name twice.
  static absl::StatusOr<std::unique_ptr<ImageSource>> Open(const std::string& path,
                                                           int64_t max_file_bytes = kDefaultMaxFileBytes);

  int64_t size() const { return static_cast<int64_t>(entries_.size()); }

  // The number of files whose names are not those of images.
  int64_t other_files() const { return other_files_; }

  // The path inside the folder or zip archive. Control characters are replaced by \xNN, which makes it safe to print to
  // a terminal.
  std::string name(int64_t index) const;

  // The file's bytes. Errors start with name(index). Thread-safe.
  absl::StatusOr<std::string> Read(int64_t index) const;

 private:
  struct Entry {
    std::string path;
    int64_t zip_index;
  };

  ImageSource() = default;
  void Keep(const std::vector<std::string>& paths);

  std::string root_;
  int64_t max_file_bytes_ = kDefaultMaxFileBytes;
  std::unique_ptr<io::ZipArchive> zip_;  // null for a folder
  std::vector<Entry> entries_;
  int64_t other_files_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_DATA_IMAGE_SOURCE_H_
