// The metrics and their names. A name with "efflite0" says that the features are those of EfficientNet-Lite0: such
// numbers do not compare with those of the Inception network, whose names (fid50k_full, kid50k_full) are NVIDIA's.
//
//   absl::StatusOr<std::vector<Metric>> metrics = ParseMetrics("kid_efflite0,fd_efflite0");
//   EnumName(metrics->front());  // "kid_efflite0"
#ifndef GAN_METRICS_METRIC_H_
#define GAN_METRICS_METRIC_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/config/enums.h"

namespace sg::gan {

enum class Metric {
  kKernelDistance,       // kernel_distance.h
  kFrechetDistance,      // frechet_distance.h
  kPrecisionRecall,      // precision_recall.h
  kPathLength,           // perceptual_path_length.h
  kSlicedWasserstein,    // sliced_wasserstein.h
  kMultiScaleSimilarity  // ms_ssim.h
};

template <>
struct EnumTable<Metric> {
  static constexpr NamedValue<Metric> kValues[] = {
      {Metric::kKernelDistance, "kid_efflite0"}, {Metric::kFrechetDistance, "fd_efflite0"},
      {Metric::kPrecisionRecall, "pr_efflite0"}, {Metric::kPathLength, "ppl_efflite0"},
      {Metric::kSlicedWasserstein, "swd"},       {Metric::kMultiScaleSimilarity, "ms_ssim"}};
};

// Names separated by commas, each at most once. Empty text gives none. InvalidArgument with one sentence that quotes
// the name at fault.
absl::StatusOr<std::vector<Metric>> ParseMetrics(absl::string_view text);

// Whether the metric compares fakes with real images, and whether it uses the feature network.
bool NeedsReals(Metric metric);
bool NeedsNetwork(Metric metric);

}  // namespace sg::gan

#endif  // GAN_METRICS_METRIC_H_
