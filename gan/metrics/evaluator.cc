#include "gan/metrics/evaluator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/tensor/tensor.h"
#include "gan/config/image_size.h"
#include "gan/metrics/kernel_distance.h"
#include "gan/metrics/ms_ssim.h"
#include "gan/metrics/perceptual_path_length.h"
#include "gan/metrics/precision_recall.h"

namespace sg::gan {
namespace {

constexpr int kReplicates = 1000;      // of intervals whose replicates are cheap
constexpr int kCostlyReplicates = 20;  // of those that repeat the whole computation
constexpr int kMomentBlocks = 20;
constexpr int64_t kMaxPatchImages = 4096;  // bounds the memory: 600 KB for each at 256 pixels, reals and fakes together
constexpr int64_t kMaxPairs = 10000;       // of MS-SSIM
constexpr int kSmallestModel = 16;         // pixels, for pyramids
constexpr uint64_t kFakePatchSeed = 2;     // other places than in the reals
constexpr uint64_t kFakeLabelSeed = 3;
constexpr char kFakesProtocol[] = "fakes of NumPy's seeds from 0, psi 1, random noise, 8 bits";

}  // namespace

// What the metrics keep of the fakes.
struct MetricEvaluator::Fakes {
  explicit Fakes(int64_t expected) : rows(EfficientNetLite0::kFeatures), moments(rows.dim, expected, kMomentBlocks) {}

  FeatureRows rows;
  FeatureMoments moments;
  std::optional<PatchCollector> patches;
  std::vector<double> similarities;
};

absl::StatusOr<MetricEvaluator> MetricEvaluator::Make(const MetricOptions& options, const ModelConfig& model,
                                                      Dataset* dataset, const std::string& weights, Device device) {
  if (options.metrics.empty()) return absl::InvalidArgumentError("no metric is given");
  if (options.fakes < kMinFakes) {
    return absl::InvalidArgumentError(absl::StrCat("metrics need at least ", kMinFakes, " fakes, not ", options.fakes));
  }
  if (model.label_dim > 0 && (dataset == nullptr || dataset->label_dim() != model.label_dim)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the fakes of a conditional network have the labels of images, and there are none with ",
                     model.label_dim, " elements in the data"));
  }
  if (model.image_channels % 2 == 0) {
    return absl::InvalidArgumentError(absl::StrCat("metrics need RGB or gray images; those of this network have ",
                                                   model.image_channels, " channels"));
  }
  MetricEvaluator evaluator(options, model, dataset, device);
  for (const Metric metric : options.metrics) {
    if ((metric == Metric::kSlicedWasserstein || metric == Metric::kMultiScaleSimilarity) &&
        (model.resolution < kSmallestModel || !model.GrowsFrom4x4())) {
      return absl::InvalidArgumentError(absl::StrCat(EnumName(metric), " needs square images with a side of at least ",
                                                     kSmallestModel, " pixels; those of this network are ",
                                                     ImageSizeText(model)));
    }
    SG_CHECK(!NeedsReals(metric) || dataset != nullptr) << "[MetricEvaluator] " << EnumName(metric) << " without data";
    if (!NeedsNetwork(metric) || evaluator.network_ != nullptr) continue;
    absl::StatusOr<EfficientNetLite0> network = EfficientNetLite0::Load(weights, device);
    if (!network.ok()) return network.status();
    evaluator.network_ = std::make_unique<const EfficientNetLite0>(*std::move(network));
    evaluator.features_.emplace(evaluator.network_.get(), options.resolution);
  }
  return evaluator;
}

bool MetricEvaluator::Wants(Metric metric) const {
  return std::find(options_.metrics.begin(), options_.metrics.end(), metric) != options_.metrics.end();
}

absl::Status MetricEvaluator::ComputeReals(const MetricProgress& progress) {
  if (reals_ || std::none_of(options_.metrics.begin(), options_.metrics.end(), NeedsReals)) return absl::OkStatus();
  DataStatisticsNeeds needs;
  needs.rows = Wants(Metric::kKernelDistance) || Wants(Metric::kPrecisionRecall);
  needs.moments = Wants(Metric::kFrechetDistance);
  if (Wants(Metric::kSlicedWasserstein)) needs.patches = std::min(options_.fakes, kMaxPatchImages);
  absl::StatusOr<DataStatistics> reals =
      ComputeDataStatistics(dataset_, features_ ? &*features_ : nullptr, needs, options_.cache_folder, progress);
  if (!reals.ok()) return reals.status();
  if (reals->images <= kManifoldNeighbors || (reals->patches && reals->patches->images() < 2)) {
    return absl::InvalidArgumentError(absl::StrCat(reals->images, " real images are too few for metrics"));
  }
  if (reals->moments) from_reals_.emplace(*std::move(reals->moments));
  reals_.emplace(*std::move(reals));
  return absl::OkStatus();
}

absl::Status MetricEvaluator::MakeFakes(const Sampler& sampler, const MetricProgress& progress, Fakes* fakes) const {
  const bool rows = Wants(Metric::kKernelDistance) || Wants(Metric::kPrecisionRecall);
  const bool moments = Wants(Metric::kFrechetDistance), similarities = Wants(Metric::kMultiScaleSimilarity);
  if (Wants(Metric::kSlicedWasserstein)) {
    fakes->patches.emplace(model_.image_spec(), options_.seed + kFakePatchSeed);
  }
  if (!rows && !moments && !similarities && !fakes->patches) return absl::OkStatus();
  SamplerNoise noise(NoiseMode::kRandom, options_.seed);
  std::mt19937_64 random(options_.seed + kFakeLabelSeed);
  std::optional<Image> unpaired;
  for (int64_t begin = 0; begin < options_.fakes; begin += options_.max_batch) {
    const absl::Status reported = ReportProgress(progress, "images", begin, options_.fakes);
    if (!reported.ok()) return reported;
    std::vector<uint32_t> seeds(std::min(options_.max_batch, options_.fakes - begin));
    std::iota(seeds.begin(), seeds.end(), static_cast<uint32_t>(begin));
    const Tensor z = LatentsFromSeeds(seeds, model_.latent_dim, device_);
    const Tensor labels = DrawLabels(static_cast<int64_t>(seeds.size()), &random);
    const Tensor w = sampler.MapLatents(z, labels, Truncation());
    const std::vector<Image> images = ToImages(sampler.SynthesizeBatch(w, &noise));
    if (rows || moments) {
      const std::vector<float> features = features_->Of(images);
      if (moments) fakes->moments.Add(features);
      if (rows) fakes->rows.values.insert(fakes->rows.values.end(), features.begin(), features.end());
    }
    for (const Image& image : images) {
      if (fakes->patches && fakes->patches->images() < reals_->patches->images()) fakes->patches->Add(image);
      if (!similarities || static_cast<int64_t>(fakes->similarities.size()) == kMaxPairs) continue;
      if (unpaired) {
        fakes->similarities.push_back(MsSsim(*unpaired, image, kMsSsimScales));
        unpaired.reset();
      } else {
        unpaired = image;
      }
    }
  }
  fakes->moments.Finish();
  return absl::OkStatus();
}

Tensor MetricEvaluator::DrawLabels(int64_t count, std::mt19937_64* random) const {
  if (model_.label_dim == 0) return Tensor();
  std::vector<float> labels(count * model_.label_dim);
  for (int64_t i = 0; i < count; ++i) {
    const auto image = static_cast<int64_t>((*random)() % static_cast<uint64_t>(dataset_->num_images()));
    dataset_->WriteLabel(image, &labels[i * model_.label_dim]);
  }
  return Tensor::FromHost<float>({count, model_.label_dim}, labels, device_);
}

absl::Status MetricEvaluator::ComputePathLength(const Sampler& sampler, const MetricProgress& progress,
                                                MetricResult* result) const {
  std::mt19937_64 random(options_.seed);
  PathLengthSampler paths(*network_, sampler, model_.latent_dim, options_.seed);
  std::mt19937_64 label_random(options_.seed + kFakeLabelSeed);
  std::vector<double> lengths;
  while (static_cast<int64_t>(lengths.size()) < options_.fakes) {
    const auto done = static_cast<int64_t>(lengths.size());
    const absl::Status reported = ReportProgress(progress, "path lengths", done, options_.fakes);
    if (!reported.ok()) return reported;
    const int64_t count = std::min(options_.max_batch, options_.fakes - done);
    for (const double length : paths.Next(count, DrawLabels(count, &label_random))) {
      if (!std::isfinite(length)) return absl::FailedPreconditionError("the network's images are not finite");
      lengths.push_back(length);
    }
  }
  result->values = {{EnumName(result->metric), EstimatePathLength(std::move(lengths), kReplicates, &random)}};
  result->protocol =
      "pairs of images at the end of paths in w, eps 1e-4, no crop, the same random noise for both; squared "
      "differences "
      "of unit-length EfficientNet-Lite0 features after blocks 0, 2, 4, 10 and 15; without the lowest and highest 1 %";
  return absl::OkStatus();
}

absl::Status MetricEvaluator::Compute(const Sampler& sampler, const MetricProgress& progress, Fakes* fakes,
                                      MetricResult* result) const {
  std::mt19937_64 random(options_.seed);
  const std::string name = EnumName(result->metric);
  result->fakes = options_.fakes;
  if (NeedsReals(result->metric)) {
    result->reals = reals_->images;
    result->data_hash = reals_->hash;
  }
  const absl::Status reported = ReportProgress(progress, name, 0, 1);
  if (!reported.ok()) return reported;
  const auto protocol = [&](absl::string_view method) {
    return absl::StrCat(method, "; ", NeedsNetwork(result->metric) ? features_->Protocol() + "; " : "", kFakesProtocol,
                        model_.label_dim > 0 ? ", labels of random images" : "");
  };
  switch (result->metric) {
    case Metric::kKernelDistance: {
      const KernelDistanceOptions kid;
      result->values = {{name, KernelDistance(*reals_->rows, fakes->rows, kid, device_, &random)}};
      result->protocol = protocol(absl::StrCat("cubic kernel, unbiased, the mean over up to ", kid.subsets,
                                               " subsets of up to ", kid.max_subset, " images"));
      return absl::OkStatus();
    }
    case Metric::kFrechetDistance:
      result->values = {{name, EstimateFrechetDistance(*from_reals_, fakes->moments, kCostlyReplicates, &random)}};
      result->protocol = protocol("covariances divided by N, biased upward at small N");
      return absl::OkStatus();
    case Metric::kPrecisionRecall: {
      const PrecisionRecall pr = EstimatePrecisionRecall(*reals_->rows, fakes->rows, kReplicates, device_, &random);
      result->values = {{name + "_precision", pr.precision}, {name + "_recall", pr.recall}};
      result->protocol = protocol(absl::StrCat("manifolds of ", kManifoldNeighbors, " neighbors"));
      return absl::OkStatus();
    }
    case Metric::kPathLength: return ComputePathLength(sampler, progress, result);
    case Metric::kSlicedWasserstein: {
      result->fakes = result->reals = fakes->patches->images();
      const std::vector<Estimate> levels = EstimateSlicedWasserstein(
          *reals_->patches, *fakes->patches, kCostlyReplicates, static_cast<uint32_t>(options_.seed));
      for (size_t l = 0; l + 1 < levels.size(); ++l) {
        result->values.emplace_back(absl::StrCat(name, "_", model_.resolution >> l), levels[l]);
      }
      result->values.emplace_back(name, levels.back());
      result->protocol = protocol("times 1000; 128 patches of 7x7 pixels per image and level, 4x128 directions");
      return absl::OkStatus();
    }
    case Metric::kMultiScaleSimilarity:
      result->fakes = static_cast<int64_t>(fakes->similarities.size());
      result->values = {{name, BootstrapMean(fakes->similarities, kReplicates, &random)}};
      result->protocol = protocol("pairs of fakes, 5 scales");
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MetricResult>> MetricEvaluator::Evaluate(const Sampler& sampler,
                                                                    const MetricProgress& progress) {
  const absl::Status read = ComputeReals(progress);
  if (!read.ok()) return read;
  Fakes fakes(options_.fakes);
  const absl::Status made = MakeFakes(sampler, progress, &fakes);
  if (!made.ok()) return made;
  std::vector<MetricResult> results;
  for (const Metric metric : options_.metrics) {
    const auto begin = std::chrono::steady_clock::now();
    MetricResult result;
    result.metric = metric;
    const absl::Status computed = Compute(sampler, progress, &fakes, &result);
    if (!computed.ok()) return computed;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    results.push_back(std::move(result));
  }
  return results;
}

const FeatureRows* MetricEvaluator::real_rows() const {
  if (!reals_ || !reals_->rows || reals_->rows->count() != dataset_->num_images()) return nullptr;
  return &*reals_->rows;
}

}  // namespace sg::gan
