// Computes metrics of a generator.
//
//   MetricOptions options;
//   options.metrics = *ParseMetrics("kid_efflite0,pr_efflite0");
//   absl::StatusOr<MetricEvaluator> evaluator = MetricEvaluator::Make(options, model, data, weights, device);
//   if (!evaluator.ok()) return evaluator.status();
//   absl::StatusOr<std::vector<MetricResult>> results = evaluator->Evaluate(sampler, progress);
//
// The fakes are those of NumPy's seeds 0, 1, 2, ..., without truncation, with random noise, rounded to 8 bits. The
// reals are all images of the data set, without mirror images; they are read at the first Evaluate and kept.
#ifndef GAN_METRICS_EVALUATOR_H_
#define GAN_METRICS_EVALUATOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "gan/config/config.h"
#include "gan/data/dataset.h"
#include "gan/metrics/data_statistics.h"
#include "gan/metrics/feature_rows.h"
#include "gan/metrics/features/efficientnet_lite0.h"
#include "gan/metrics/features/image_features.h"
#include "gan/metrics/frechet_distance.h"
#include "gan/metrics/metric.h"
#include "gan/metrics/metric_result.h"
#include "gan/sample/sampler.h"

namespace sg::gan {

struct MetricOptions {
  std::vector<Metric> metrics;
  int64_t fakes = 10000;
  int64_t max_batch = Sampler::kMaxBatch;
  int resolution = kFeatureResolution;  // at which the feature network sees images
  uint64_t seed = 0;                    // of subsets, patches, bootstrap, noise, and the latents of path lengths
  std::string cache_folder;             // for the features of data sets; empty: none are kept
};

class MetricEvaluator {
 public:
  static constexpr int64_t kMinFakes = 16;

  // Reads the feature network from `weights` if a metric needs it. `dataset` may be null if none needs reals; otherwise
  // it must outlive the evaluator. For a model with labels it cannot be null, and must have labels of the same size:
  // the fakes have those of images drawn at random. InvalidArgument: no metric, fewer than kMinFakes fakes, no such
  // labels, a model with an alpha channel, or too small for a metric (swd and ms_ssim need square images of 16 pixels).
  // Other errors: those of EfficientNetLite0::Load.
  static absl::StatusOr<MetricEvaluator> Make(const MetricOptions& options, const ModelConfig& model, Dataset* dataset,
                                              const std::string& weights, Device device);

  // One result for each metric, in the order of the options. `sampler` has the model of Make. Errors: those of
  // ComputeDataStatistics; InvalidArgument for too few reals; FailedPrecondition for images that are not finite, which
  // path lengths meet.
  absl::StatusOr<std::vector<MetricResult>> Evaluate(const Sampler& sampler, const MetricProgress& progress);

  // The features of all images of the data set in their order, for other comparisons with them, and what computes them.
  // Null before Evaluate, if no metric needs them, or if an image could not be read.
  const FeatureRows* real_rows() const;
  const ImageFeatures* features() const { return features_ ? &*features_ : nullptr; }

 private:
  struct Fakes;

  MetricEvaluator(const MetricOptions& options, const ModelConfig& model, Dataset* dataset, Device device)
      : options_(options), model_(model), dataset_(dataset), device_(device) {}
  bool Wants(Metric metric) const;
  absl::Status ComputeReals(const MetricProgress& progress);
  absl::Status MakeFakes(const Sampler& sampler, const MetricProgress& progress, Fakes* fakes) const;
  absl::Status Compute(const Sampler& sampler, const MetricProgress& progress, Fakes* fakes,
                       MetricResult* result) const;
  // Labels of images drawn at random [count,label_dim]; undefined for a model without labels.
  Tensor DrawLabels(int64_t count, std::mt19937_64* random) const;
  absl::Status ComputePathLength(const Sampler& sampler, const MetricProgress& progress, MetricResult* result) const;

  MetricOptions options_;
  ModelConfig model_;
  Dataset* dataset_;
  Device device_;
  std::unique_ptr<const EfficientNetLite0> network_;  // null if no metric needs it
  std::optional<ImageFeatures> features_;
  std::optional<DataStatistics> reals_;
  std::optional<FrechetDistance> from_reals_;
};

}  // namespace sg::gan

#endif  // GAN_METRICS_EVALUATOR_H_
