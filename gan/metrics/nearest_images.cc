#include "gan/metrics/nearest_images.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/parallel.h"
#include "gan/image/resize.h"
#include "gan/metrics/pair_distances.h"

namespace sg::gan {
namespace {

constexpr int64_t kPiece = 64;  // images that are decoded between two reports
constexpr int64_t kBatch = 16;  // images whose features are computed at once
constexpr double kCloseQuantile = 0.05;

// Appends the colors of the reduced image, composited on white. They are around 0, since products of small numbers lose
// less where a GPU rounds them to TF32.
void AppendPixels(const Image& image, std::vector<float>* values) {
  const Image reduced = ResizeLanczos(image, NearestImages::kSide, NearestImages::kSide);
  const int channels = reduced.channels, colors = channels % 2 == 0 ? channels - 1 : channels;
  for (size_t p = 0; p < reduced.pixels.size(); p += channels) {
    const float alpha = colors < channels ? static_cast<float>(reduced.pixels[p + colors]) / 255 : 1;
    for (int c = 0; c < colors; ++c) {
      values->push_back(static_cast<float>(reduced.pixels[p + c]) * alpha + 255 * (1 - alpha) - 128);
    }
  }
}

struct Neighbor {
  int64_t row = -1;  // none
  double distance = 0;
};

// For each probe the nearest of the rows that `skip` does not pass over.
template <typename Skip>
std::vector<Neighbor> NearestRows(const FeatureRows& probes, const FeatureRows& rows, Device device, const Skip& skip) {
  std::vector<double> smallest(probes.count(), std::numeric_limits<double>::infinity());
  std::vector<Neighbor> nearest(probes.count());
  ForEachDistance(probes, rows, device, [&](int64_t i, int64_t j, double squared) {
    if (squared >= smallest[i] || skip(i, j)) return;
    smallest[i] = squared;
    nearest[i].row = j;
  });
  for (int64_t i = 0; i < probes.count(); ++i) {
    if (nearest[i].row >= 0) nearest[i].distance = DistanceOf(probes, i, rows, nearest[i].row);
  }
  return nearest;
}

// The value below which the part q of the values lies. At least one value.
double Quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + static_cast<int64_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

absl::StatusOr<NearestImages> NearestImages::OfPixels(Dataset* dataset, Device device, const MetricProgress& progress) {
  const int64_t total = dataset->num_images(), count = std::min(total, kMaxRead);
  const int64_t channels = dataset->image_spec().channels;
  NearestImages nearest(device, int64_t{kSide} * kSide * (channels <= 2 ? 1 : 3));
  nearest.protocol_ = absl::StrCat("pixels at ", kSide, "x", kSide);
  std::vector<float> mirrored;
  std::vector<int64_t> mirrored_items;
  absl::Status bad;
  for (int64_t begin = 0; begin < count; begin += kPiece) {
    const absl::Status reported = ReportProgress(progress, "reading the data", begin, count);
    if (!reported.ok()) return reported;
    const int64_t piece = std::min(kPiece, count - begin);
    const auto item = [&](int64_t i) { return (begin + i) * total / count; };
    std::vector<std::optional<absl::StatusOr<Image>>> images(piece);
    ForEachInParallel(static_cast<int>(piece), [&](int i) { images[i] = dataset->Get(item(i)); });
    for (int64_t i = 0; i < piece; ++i) {
      const absl::StatusOr<Image>& image = *images[i];
      if (!image.ok()) {
        if (dataset->options().on_bad_image == OnBadImage::kFail) return image.status();
        if (bad.ok()) bad = image.status();
        continue;
      }
      AppendPixels(*image, &nearest.rows_.values);
      nearest.items_.push_back(item(i));
      if (!dataset->options().mirror) continue;
      AppendPixels(MirrorHorizontally(*image), &mirrored);
      mirrored_items.push_back(total + item(i));
    }
  }
  nearest.images_ = static_cast<int64_t>(nearest.items_.size());
  nearest.rows_.values.insert(nearest.rows_.values.end(), mirrored.begin(), mirrored.end());
  nearest.items_.insert(nearest.items_.end(), mirrored_items.begin(), mirrored_items.end());
  const absl::Status measured = nearest.MeasureImages(total);
  if (measured.ok()) return nearest;
  return bad.ok() ? measured
                  : absl::Status(measured.code(),
                                 absl::StrCat(measured.message(), "; some cannot be read, such as ", bad.message()));
}

absl::StatusOr<NearestImages> NearestImages::OfFeatures(FeatureRows rows, const ImageFeatures* features,
                                                        Device device) {
  NearestImages nearest(device, rows.dim);
  nearest.rows_ = std::move(rows);
  nearest.items_.resize(nearest.rows_.count());
  std::iota(nearest.items_.begin(), nearest.items_.end(), 0);
  nearest.images_ = nearest.rows_.count();
  nearest.features_ = features;
  nearest.protocol_ = features->Protocol();
  const absl::Status measured = nearest.MeasureImages(nearest.images_);
  if (!measured.ok()) return measured;
  return nearest;
}

// The distances of images to their nearest other ones. An image and its mirror image are the same one.
absl::Status NearestImages::MeasureImages(int64_t num_images) {
  const int64_t measured = std::min(images_, kMaxMeasured);
  FeatureRows probes(rows_.dim);
  std::vector<int64_t> image_of_probe;
  for (int64_t i = 0; i < measured; ++i) {
    const int64_t row = i * images_ / measured;
    probes.values.insert(probes.values.end(), rows_.row(row), rows_.row(row) + rows_.dim);
    image_of_probe.push_back(items_[row] % num_images);
  }
  std::vector<double> distances;
  for (const Neighbor& neighbor : NearestRows(
           probes, rows_, device_, [&](int64_t i, int64_t j) { return items_[j] % num_images == image_of_probe[i]; })) {
    if (neighbor.row >= 0 && neighbor.distance > 0) distances.push_back(neighbor.distance);
  }
  if (distances.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no distance between training images can be measured: of ", images_, " of them no two differ"));
  }
  typical_ = Quantile(distances, 0.5);
  close_ratio_ = Quantile(distances, kCloseQuantile) / typical_;
  return absl::OkStatus();
}

NearestPairs NearestImages::Find(const std::vector<Image>& pictures) const {
  SG_CHECK(!pictures.empty()) << "[NearestImages] no pictures";
  FeatureRows probes(rows_.dim);
  for (size_t begin = 0; begin < pictures.size(); begin += kBatch) {
    const auto piece = absl::MakeConstSpan(pictures).subspan(begin, kBatch);
    if (features_ != nullptr) {
      const std::vector<float> rows = features_->Of(piece);
      probes.values.insert(probes.values.end(), rows.begin(), rows.end());
    } else {
      for (const Image& picture : piece) AppendPixels(picture, &probes.values);
    }
  }
  NearestPairs found;
  std::vector<double> ratios;
  for (const Neighbor& neighbor : NearestRows(probes, rows_, device_, [](int64_t, int64_t) { return false; })) {
    const auto picture = static_cast<int64_t>(ratios.size());
    ratios.push_back(neighbor.distance / typical_);
    found.pairs.push_back({picture, items_[neighbor.row], ratios.back()});
    if (ratios.back() < close_ratio_) ++found.suspicious;
  }
  std::stable_sort(found.pairs.begin(), found.pairs.end(),
                   [](const NearestPair& a, const NearestPair& b) { return a.ratio < b.ratio; });
  found.median_ratio = Quantile(std::move(ratios), 0.5);
  return found;
}

}  // namespace sg::gan
