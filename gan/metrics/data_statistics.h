// What metrics need of the real images, computed once for a data set and kept in files.
//
//   DataStatisticsNeeds needs;
//   needs.rows = true;
//   absl::StatusOr<DataStatistics> reals = ComputeDataStatistics(&dataset, &features, needs, cache_folder, progress);
#ifndef GAN_METRICS_DATA_STATISTICS_H_
#define GAN_METRICS_DATA_STATISTICS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/data/dataset.h"
#include "gan/metrics/feature_moments.h"
#include "gan/metrics/feature_rows.h"
#include "gan/metrics/features/image_features.h"
#include "gan/metrics/sliced_wasserstein.h"

namespace sg::gan {

// Told what is being done ("reading images"), and how far it is. Returns false to stop; then the work ends with
// Cancelled.
using MetricProgress = std::function<bool(absl::string_view what, int64_t done, int64_t total)>;
// The status of one such call. An empty function never stops.
absl::Status ReportProgress(const MetricProgress& progress, absl::string_view what, int64_t done, int64_t total);

struct DataStatisticsNeeds {
  bool rows = false;     // the features of every image: 5 KB of memory for each
  bool moments = false;  // of the features
  int64_t patches = 0;   // number of images, spread over the set, of which to take patches; 0 for none
};

struct DataStatistics {
  // Of the pixels and their order, after cropping and resizing: 16 hexadecimal digits. Not made to resist forgery.
  std::string hash;
  int64_t images = 0;  // those that could be read
  std::optional<FeatureRows> rows;
  std::optional<Moments> moments;
  std::optional<PatchCollector> patches;
};

// Uses all images of the data set, without their mirror images. `features` may be null if neither rows nor moments are
// needed. Features are kept in `cache_folder`, if it is not empty, under a name made of the hash and of the protocol; a
// file there that is damaged or cannot be written costs time, but is no error. Errors: a bad image, or under
// OnBadImage::kSkip, that all of them are bad; Cancelled.
absl::StatusOr<DataStatistics> ComputeDataStatistics(Dataset* dataset, const ImageFeatures* features,
                                                     const DataStatisticsNeeds& needs, const std::string& cache_folder,
                                                     const MetricProgress& progress);

}  // namespace sg::gan

#endif  // GAN_METRICS_DATA_STATISTICS_H_
