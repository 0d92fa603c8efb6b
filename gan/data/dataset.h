// Training images: decoded, cropped to the center square and resized to the training size, optionally with their mirror
// images.
//
//   DatasetOptions options;
//   options.path = "photos.zip";
//   options.resolution = 64;
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
#include "gan/data/image_source.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

struct DatasetOptions {
  std::string path;                    // a folder or a zip archive
  std::vector<std::string> leave_out;  // folders that the walk of a folder passes over, such as the runs' own
  int resolution = 0;
  bool mirror = false;
  OnBadImage on_bad_image = OnBadImage::kFail;
  DecodeLimits limits;  // max_pixels also bounds the size of a file: 4 bytes per pixel, but at least 1200 MiB
  int64_t cache_bytes = int64_t{1} << 30;  // keeps the resized images in memory if all of them fit
};

class Dataset {
 public:
  // Lists the images without decoding any. Errors: those of ImageSource::Open; InvalidArgument if the resolution is
  // below 1.
  static absl::StatusOr<std::unique_ptr<Dataset>> Open(const DatasetOptions& options);

  // The number of items: the images, followed with `mirror` by their mirror images in the same order.
  int64_t size() const { return options_.mirror ? 2 * num_images() : num_images(); }
  int64_t num_images() const { return source_->size(); }
  const std::vector<std::string>& notes() const { return source_->notes(); }  // see ImageSource
  const DatasetOptions& options() const { return options_; }
  ImageSpec image_spec() const { return {options_.resolution, options_.resolution, 3}; }

  // Returns an RGB image of image_spec(). The error for a bad image is one sentence, such as "faces/7.png: PNG is
  // truncated". It is remembered, so later calls do not decode the image again. Thread-safe.
  absl::StatusOr<Image> Get(int64_t index);

 private:
  Dataset(const DatasetOptions& options, std::unique_ptr<ImageSource> source);
  absl::StatusOr<Image> Decode(int64_t image) const;

  const DatasetOptions options_;
  const std::unique_ptr<ImageSource> source_;
  mutable std::mutex mutex_;
  // One entry per image; empty if not all of them fit. An entry is set once and never changes, so it is read without
  // the lock.
  std::vector<std::unique_ptr<const Image>> cache_;
  std::map<int64_t, absl::Status> bad_;  // image -> its error, which starts with the name
};

}  // namespace sg::gan

#endif  // GAN_DATA_DATASET_H_
