// The training image nearest to each of some pictures, and whether that is nearer than training images are to each
// other: a generator that copies is found so.
//
//   absl::StatusOr<NearestImages> nearest = NearestImages::OfPixels(&dataset, device, progress);
//   if (!nearest.ok()) return nearest.status();
//   const NearestPairs found = nearest->Find(pictures);   // found.pairs[0] is the most suspicious
//
// Distances are Euclidean, of pixels or of features. Only their ratio to the distances between training images means
// something: 1 is the median distance of a training image to the nearest other one, where equal images are passed over.
// A copy has a ratio near 0. Pictures drawn from the distribution of the images would have a median near 1.
#ifndef GAN_METRICS_NEAREST_IMAGES_H_
#define GAN_METRICS_NEAREST_IMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "gan/data/dataset.h"
#include "gan/image/image.h"
#include "gan/metrics/data_statistics.h"
#include "gan/metrics/feature_rows.h"
#include "gan/metrics/features/image_features.h"

namespace sg::gan {

struct NearestPair {
  int64_t picture = 0;  // index of those given to Find
  int64_t item = 0;     // of the data set
  double ratio = 0;     // their distance, of that between training images
};

struct NearestPairs {
  std::vector<NearestPair> pairs;  // one for each picture, by ratio
  double median_ratio = 0;
  int64_t suspicious = 0;  // pictures with a ratio below NearestImages::close_ratio
};

class NearestImages {
 public:
  // Bounds of the work: the images that are read for OfPixels, and those whose distance to all others is computed.
  // Both are spread over the set.
  static constexpr int64_t kMaxRead = 4096, kMaxMeasured = 512;
  static constexpr int kSide = 16;  // pixels of the reduced images that OfPixels compares

  // Compares pixels of images reduced to kSide x kSide, on white if they have alpha; with the data's mirror images, if
  // it has them. Reads up to kMaxRead images. Errors: a bad image, or under OnBadImage::kSkip, that too few are good;
  // FailedPrecondition if fewer than two of them differ; Cancelled.
  static absl::StatusOr<NearestImages> OfPixels(Dataset* dataset, Device device, const MetricProgress& progress);
  // Compares features. `rows` are those of all images in their order, and `features` must outlive this object.
  // FailedPrecondition as above.
  static absl::StatusOr<NearestImages> OfFeatures(FeatureRows rows, const ImageFeatures* features, Device device);

  // Pictures of the size of the training images, at least one.
  NearestPairs Find(const std::vector<Image>& pictures) const;

  // 5 % of the training images are nearer to their nearest other one.
  double close_ratio() const { return close_ratio_; }
  int64_t images() const { return images_; }  // that are compared with, without mirror images
  // "pixels at 16x16", "EfficientNet-Lite0 at 112x112 pixels, resized by Lanczos".
  const std::string& protocol() const { return protocol_; }

 private:
  NearestImages(Device device, int64_t dim) : device_(device), rows_(dim) {}
  absl::Status MeasureImages(int64_t num_images);

  Device device_;
  FeatureRows rows_;
  std::vector<int64_t> items_;               // of the rows
  const ImageFeatures* features_ = nullptr;  // null: pixels
  std::string protocol_;
  int64_t images_ = 0;
  double typical_ = 0;  // the distance whose ratio is 1
  double close_ratio_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_METRICS_NEAREST_IMAGES_H_
