// Writes a set of images as NVIDIA's programs do: 00000/img00000000.png, 00000/img00000001.png, ..., a thousand in a
// folder, and a dataset.json with their labels. This program's `train` and NVIDIA's read it.
//
//   absl::StatusOr<std::unique_ptr<DatasetWriter>> writer = DatasetWriter::Open("faces.zip", /*labels=*/true);
//   if (!writer.ok()) return writer.status();
//   if (absl::Status s = (*writer)->Add(png, label); !s.ok()) return s;   // for every image
//   return (*writer)->Finish();
#ifndef GAN_DATA_CONVERT_DATASET_WRITER_H_
#define GAN_DATA_CONVERT_DATASET_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/data/streams/picture_stream.h"

namespace sg::gan {

// Where the files of a set go.
class DatasetSink {
 public:
  virtual ~DatasetSink() = default;
  virtual absl::Status Write(const std::string& name, absl::string_view bytes) = 0;
  virtual absl::Status Finish() = 0;
};

class DatasetWriter {
 public:
  // A path that ends in ".zip" is an archive, in which files are not packed (with zip64 records where they are needed);
  // any other path is a folder that does not exist or is empty. Either appears at `path` in Finish, complete. Until
  // then an archive has no name (see AtomicFileWriter), and a folder is a sibling `<path>.tmp.<pid>.<n>`, which is
  // removed if Finish is not called. The same images and labels give the same bytes. Memory: some 200 bytes per image.
  // AlreadyExists: the folder is not empty.
  static absl::StatusOr<std::unique_ptr<DatasetWriter>> Open(const std::string& path, bool labels);

  // Names the classes of the labels, in a list beside them that NVIDIA's programs ignore.
  void SetClassNames(std::vector<std::string> names) { class_names_ = std::move(names); }

  // The bytes of a PNG file. With `labels`, the label of each image is a class, or else of each the same number of
  // values. ResourceExhausted: an archive has more images than this program reads (kMaxZipEntries).
  absl::Status Add(absl::string_view png, const PictureLabel& label);
  // To be called once, after all images.
  absl::Status Finish();

  // The first error of Add or Finish, which is one of the place that is written to.
  const absl::Status& error() const { return error_; }

 private:
  DatasetWriter(std::unique_ptr<DatasetSink> sink, int64_t max_images, bool labels);

  const std::unique_ptr<DatasetSink> sink_;
  const int64_t max_images_;
  const bool labels_;
  int64_t images_ = 0;
  std::string json_;
  std::vector<std::string> class_names_;
  absl::Status error_;
};

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_DATASET_WRITER_H_
