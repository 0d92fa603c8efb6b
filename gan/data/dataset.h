// Training images: decoded, cropped to the center part of the training size's aspect, and resized to that size,
// optionally with their mirror images.
//
//   DatasetOptions options;
//   options.path = "photos.zip";
//   options.spec = {64, 64, 3};
//   absl::StatusOr<std::unique_ptr<Dataset>> dataset = Dataset::Open(options);
#ifndef GAN_DATA_DATASET_H_
#define GAN_DATA_DATASET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/config/enums.h"
#include "gan/data/data_identity.h"
#include "gan/data/image_source.h"
#include "gan/data/labels.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

struct DatasetOptions {
  std::string path;                    // a folder or a zip archive
  std::vector<std::string> leave_out;  // folders that the walk of a folder passes over, such as the runs' own
  ImageSpec spec;                      // of the items; see Get for its channels
  bool own_pictures = false;           // see ImageSourceOptions
  bool mirror = false;
  bool labels = false;  // with the labels of dataset.json, or the classes that the folders are (see labels.h)
  OnBadImage on_bad_image = OnBadImage::kFail;
  DecodeLimits limits;  // max_pixels also bounds the size of a file: 4 bytes per pixel, but at least 1200 MiB
  int64_t cache_bytes = int64_t{1} << 30;  // keeps the resized images in memory if all of them fit
};

class Dataset {
 public:
  // Lists the images without decoding any. Errors: those of ImageSource::Open; InvalidArgument if the spec has a side
  // below 1 or channels that are not 1 to 4, or if the labels are wanted and do not fit the images.
  static absl::StatusOr<std::unique_ptr<Dataset>> Open(const DatasetOptions& options);

  // The number of items: the images, followed with `mirror` by their mirror images in the same order.
  int64_t size() const { return options_.mirror ? 2 * num_images() : num_images(); }
  int64_t num_images() const { return source_->size(); }
  const std::vector<std::string>& notes() const { return source_->notes(); }  // see ImageSource
  const DatasetOptions& options() const { return options_; }
  // Which images and labels these are. The first call reads some of them (data_identity.h). Thread-safe.
  const DataIdentity& identity() const;
  const ImageSpec& image_spec() const { return options_.spec; }

  int64_t label_dim() const { return labels_.dim(); }  // elements of a label; 0 without options().labels
  // Writes the label of an item to out[0, label_dim()).
  void WriteLabel(int64_t index, float* out) const { labels_.Write(index % num_images(), out); }
  // One item of each label that occurs, in the order of the labels.
  std::vector<int64_t> OneOfEachLabel() const { return labels_.OneOfEach(); }
  const std::vector<std::string>& class_names() const { return labels_.class_names(); }  // see Labels

  // The path of an item's image inside the folder or zip archive, safe to print (see ImageSource).
  std::string name(int64_t index) const { return source_->name(index % num_images()); }

  // Returns an image of image_spec(), as DecodeImageAs makes it. The error for a bad image is one sentence,
  // such as "faces/7.png: PNG is truncated". It is remembered, so later calls do not decode the image again. Only
  // Unavailable is not: it says that there was no memory, and nothing about the image. Thread-safe.
  absl::StatusOr<Image> Get(int64_t index);

 private:
  Dataset(const DatasetOptions& options, std::unique_ptr<ImageSource> source, Labels labels);
  absl::StatusOr<Image> Decode(int64_t image) const;

  const DatasetOptions options_;
  const std::unique_ptr<ImageSource> source_;
  const Labels labels_;
  mutable std::once_flag identified_;
  mutable DataIdentity identity_;
  mutable std::mutex mutex_;
  // One entry per image; empty if not all of them fit. An entry is set once and never changes, so it is read without
  // the lock.
  std::vector<std::unique_ptr<const Image>> cache_;
  std::map<int64_t, absl::Status> bad_;  // image -> its error, which starts with the name
};

}  // namespace sg::gan

#endif  // GAN_DATA_DATASET_H_
