// The PNG, JPEG and WebP files of a folder tree or a zip archive, as a numbered list of byte strings.
//
//   ImageSourceOptions options;
//   options.path = "photos.zip";
//   absl::StatusOr<std::unique_ptr<ImageSource>> source = ImageSource::Open(options);
//   absl::StatusOr<std::string> bytes = (*source)->Read(0);
#ifndef GAN_DATA_IMAGE_SOURCE_H_
#define GAN_DATA_IMAGE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/zip_archive.h"

namespace sg::gan {

struct ImageSourceOptions {
  std::string path;                              // a folder or a zip archive
  std::vector<std::string> leave_out;            // folders that the walk of a folder passes over
  bool own_pictures = false;                     // also those in a folder that this program has made
  int64_t max_file_bytes = int64_t{1200} << 20;  // an uncompressed RGBA image of the default limit of 300 Mpx
};

class ImageSource {
 public:
  // Lists the files whose names end as those of images do (.png, .jpg, .webp, ..., in any case), sorted by path,
  // without hidden ones and without training runs (see ListFolder and ListZip). Of a folder, the pictures that
  // `generate` and other tools have made are left out, too (IsOwnPicture); for that, each PNG file is opened. An error
  // is one sentence with the path: it does not exist; it is neither a folder nor a zip archive; "no PNG, JPEG or WebP
  // images under X (12 other files: .gif 12)".
  static absl::StatusOr<std::unique_ptr<ImageSource>> Open(const ImageSourceOptions& options);

  int64_t size() const { return static_cast<int64_t>(entries_.size()); }

  // What was passed over, one sentence each, to show to the user: "5 images; 3 other files left out: .bmp 2, .gif 1".
  const std::vector<std::string>& notes() const { return notes_; }

  // The path inside the folder or zip archive. Control characters are replaced by \xNN, which makes it safe to print to
  // a terminal.
  std::string name(int64_t index) const;

  // Those paths as they are, to compare with other names.
  std::vector<std::string> Paths() const;

  // The bytes of another file, directly in the folder or zip archive. NotFound if there is none; errors start with the
  // name.
  absl::StatusOr<std::string> ReadOther(const std::string& name, int64_t max_bytes) const;

  // The number of the file's bytes, without reading it; -1 if it cannot be examined.
  int64_t FileBytes(int64_t index) const;

  // The file's bytes. Errors start with name(index). Thread-safe.
  absl::StatusOr<std::string> Read(int64_t index) const;

 private:
  struct Entry {
    std::string path;
    int64_t zip_index;  // 0 for a folder
  };

  ImageSource() = default;
  absl::Status List(const ImageSourceOptions& options);
  absl::StatusOr<std::string> ReadEntry(const Entry& entry, int64_t max_bytes) const;

  std::string root_;
  int64_t max_file_bytes_ = 0;
  std::unique_ptr<io::ZipArchive> zip_;  // null for a folder
  std::vector<Entry> entries_;
  std::vector<std::string> notes_;
};

}  // namespace sg::gan

#endif  // GAN_DATA_IMAGE_SOURCE_H_
