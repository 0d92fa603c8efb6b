#include "gan/metrics/data_statistics.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/io/safetensors_reader.h"
#include "engine/io/safetensors_writer.h"
#include "gan/image/pixel_hash.h"

namespace sg::gan {
namespace {

constexpr int64_t kBatch = 16;  // images whose features are computed at once
constexpr uint64_t kPatchSeed = 1;
constexpr char kProtocolKey[] = "protocol", kHashKey[] = "data_hash";

// Calls f(i, image) for every image that can be read.
absl::Status ForEachImage(Dataset* dataset, absl::string_view what, const MetricProgress& progress,
                          const std::function<void(int64_t, const Image&)>& f) {
  absl::Status bad;
  int64_t good = 0;
  for (int64_t i = 0; i < dataset->num_images(); ++i) {
    const absl::Status reported = ReportProgress(progress, what, i, dataset->num_images());
    if (!reported.ok()) return reported;
    const absl::StatusOr<Image> image = dataset->Get(i);
    if (image.ok()) {
      f(i, *image);
      ++good;
    } else if (dataset->options().on_bad_image == OnBadImage::kFail) {
      return image.status();
    } else if (bad.ok()) {
      bad = image.status();
    }
  }
  if (good > 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("none of ", dataset->num_images(), " images can be read, for example ", bad.message()));
}

// One array of f32 or f64 in a safetensors file.
template <typename T>
bool ReadArray(const io::SafetensorsReader& file, const char* name, const Shape& shape, std::vector<T>* values) {
  const io::TensorInfo* const info = file.Find(name);
  if (info == nullptr || info->shape != shape || info->dtype != DTypeOf<T>()) return false;
  values->resize(shape.NumElements());
  if (!file.Read(name, values->data(), info->bytes).ok()) return false;
  return std::all_of(values->begin(), values->end(), [](T v) { return std::isfinite(v); });
}

template <typename T>
io::SafetensorsEntry ArrayEntry(const char* name, const Shape& shape, const std::vector<T>& values) {
  return {name, io::SafetensorsName(DTypeOf<T>()), shape,
          io::FromMemory(values.data(), static_cast<int64_t>(values.size() * sizeof(T)))};
}

// The files of one data set under one protocol.
class Cache {
 public:
  Cache(std::string folder, const std::string& hash, const ImageFeatures& features)
      : folder_(std::move(folder)),
        prefix_(absl::StrCat(folder_, "/", hash, "-", features.Name(), "-")),
        metadata_({{kHashKey, hash}, {kProtocolKey, features.Protocol()}}) {}

  bool Load(int64_t images, FeatureRows* rows) const {
    const absl::StatusOr<io::SafetensorsReader> file = Open("rows");
    return file.ok() && ReadArray(*file, "rows", {images, rows->dim}, &rows->values);
  }
  void Save(const FeatureRows& rows) const {
    Write("rows", {ArrayEntry("rows", {rows.count(), rows.dim}, rows.values)});
  }

  bool Load(int64_t images, int64_t dim, Moments* moments) const {
    const absl::StatusOr<io::SafetensorsReader> file = Open("moments");
    moments->rows = images;
    return file.ok() && ReadArray(*file, "mean", {dim}, &moments->mean) &&
           ReadArray(*file, "covariance", {dim, dim}, &moments->covariance);
  }
  void Save(const Moments& moments) const {
    const auto dim = static_cast<int64_t>(moments.mean.size());
    Write("moments",
          {ArrayEntry("mean", {dim}, moments.mean), ArrayEntry("covariance", {dim, dim}, moments.covariance)});
  }

 private:
  std::string Path(const char* kind) const { return absl::StrCat(prefix_, kind, ".safetensors"); }

  absl::StatusOr<io::SafetensorsReader> Open(const char* kind) const {
    if (folder_.empty()) return absl::NotFoundError("no cache");
    absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(Path(kind));
    if (file.ok() && file->metadata() != metadata_) return absl::NotFoundError("another protocol");
    return file;
  }

  void Write(const char* kind, std::vector<io::SafetensorsEntry> entries) const {
    if (folder_.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    const absl::Status written = io::WriteSafetensors(Path(kind), std::move(entries), metadata_);
    if (!written.ok()) {
      LogMessage(LogLevel::kInfo, absl::StrCat("the statistics of the data are not kept: ", written.message()));
    }
  }

  const std::string folder_, prefix_;
  const std::map<std::string, std::string> metadata_;
};

// Calls take(rows) with the features of all images, a batch at a time.
absl::Status ForEachBatch(Dataset* dataset, const ImageFeatures& features, const MetricProgress& progress,
                          const std::function<void(const std::vector<float>&)>& take) {
  std::vector<Image> batch;
  const auto flush = [&] {
    if (!batch.empty()) take(features.Of(batch));
    batch.clear();
  };
  const absl::Status done = ForEachImage(dataset, "features of the data", progress, [&](int64_t, const Image& image) {
    batch.push_back(image);
    if (static_cast<int64_t>(batch.size()) == kBatch) flush();
  });
  if (done.ok()) flush();
  return done;
}

absl::Status AddFeatures(Dataset* dataset, const ImageFeatures& features, const DataStatisticsNeeds& needs,
                         const Cache& cache, const MetricProgress& progress, DataStatistics* result) {
  constexpr int64_t kDim = EfficientNetLite0::kFeatures;
  if (needs.moments && !needs.rows) {
    Moments moments;
    if (!cache.Load(result->images, kDim, &moments)) {
      FeatureMoments sums(kDim, result->images, /*blocks=*/1);
      const absl::Status done = ForEachBatch(dataset, features, progress, [&](const auto& rows) { sums.Add(rows); });
      if (!done.ok()) return done;
      sums.Finish();
      moments = sums.Total();
      cache.Save(moments);
    }
    result->moments = std::move(moments);
    return absl::OkStatus();
  }
  FeatureRows all(kDim);
  if (!cache.Load(result->images, &all)) {
    all.values.clear();
    const absl::Status done = ForEachBatch(dataset, features, progress, [&](const std::vector<float>& rows) {
      all.values.insert(all.values.end(), rows.begin(), rows.end());
    });
    if (!done.ok()) return done;
    cache.Save(all);
  }
  if (needs.moments) {
    FeatureMoments sums(kDim, result->images, /*blocks=*/1);
    sums.Add(all.values);
    sums.Finish();
    result->moments = sums.Total();
  }
  result->rows = std::move(all);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReportProgress(const MetricProgress& progress, absl::string_view what, int64_t done, int64_t total) {
  if (!progress || progress(what, done, total)) return absl::OkStatus();
  return absl::CancelledError("the metrics were stopped");
}

absl::StatusOr<DataStatistics> ComputeDataStatistics(Dataset* dataset, const ImageFeatures* features,
                                                     const DataStatisticsNeeds& needs, const std::string& cache_folder,
                                                     const MetricProgress& progress) {
  DataStatistics result;
  const int64_t total = dataset->num_images();
  const int64_t patched = std::min(needs.patches, total);
  if (patched > 0) result.patches.emplace(dataset->image_spec(), kPatchSeed);
  PixelHash hash;
  const absl::Status read = ForEachImage(dataset, "reading the data", progress, [&](int64_t i, const Image& image) {
    hash.Add(image);
    ++result.images;
    // Takes `patched` images, spread evenly.
    if (patched > 0 && (i + 1) * patched / total > i * patched / total) result.patches->Add(image);
  });
  if (!read.ok()) return read;
  result.hash = hash.Text();
  if (needs.rows || needs.moments) {
    SG_CHECK(features != nullptr) << "[ComputeDataStatistics] no feature network";
    const absl::Status added =
        AddFeatures(dataset, *features, needs, Cache(cache_folder, result.hash, *features), progress, &result);
    if (!added.ok()) return added;
  }
  return result;
}

}  // namespace sg::gan
