#include "gan/data/dataset.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "gan/data/source_labels.h"
#include "gan/image/decode_image.h"
#include "gan/image/resize.h"

namespace sg::gan {
absl::StatusOr<std::unique_ptr<Dataset>> Dataset::Open(const DatasetOptions& options) {
  const ImageSpec& spec = options.spec;
  if (spec.height < 1 || spec.width < 1 || spec.channels < 1 || spec.channels > 4) {
    return absl::InvalidArgumentError(absl::StrCat("images of ", spec.width, "x", spec.height, " pixels and ",
                                                   spec.channels,
                                                   " channels; the sides must be at least 1, and the channels 1 to 4"));
  }
  ImageSourceOptions source_options;
  source_options.path = options.path;
  source_options.leave_out = options.leave_out;
  source_options.own_pictures = options.own_pictures;
  // An uncompressed RGBA image of the largest size must fit.
  source_options.max_file_bytes = std::max(source_options.max_file_bytes, 4 * options.limits.max_pixels);
  absl::StatusOr<std::unique_ptr<ImageSource>> source = ImageSource::Open(source_options);
  if (!source.ok()) return source.status();
  Labels labels;
  if (options.labels) {
    absl::StatusOr<Labels> read = ReadLabels(**source, options.path, LabelOrigin::kFileOrFolders);
    if (!read.ok()) return read.status();
    labels = *std::move(read);
  }
  return std::unique_ptr<Dataset>(new Dataset(options, *std::move(source), std::move(labels)));
}

Dataset::Dataset(const DatasetOptions& options, std::unique_ptr<ImageSource> source, Labels labels)
    : options_(options), source_(std::move(source)), labels_(std::move(labels)) {
  const int64_t image_bytes = image_spec().NumValues();
  if (num_images() <= options_.cache_bytes / image_bytes) cache_.resize(num_images());
}

const DataIdentity& Dataset::identity() const {
  std::call_once(identified_, [this] { identity_ = IdentifyData(*source_, labels_); });
  return identity_;
}

absl::StatusOr<Image> Dataset::Decode(int64_t image) const {
  absl::StatusOr<std::string> bytes = source_->Read(image);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<Image> decoded = DecodeImageAs(options_.spec, *bytes, options_.limits);
  if (!decoded.ok()) {
    return absl::Status(decoded.status().code(), absl::StrCat(source_->name(image), ": ", decoded.status().message()));
  }
  return decoded;
}

absl::StatusOr<Image> Dataset::Get(int64_t index) {
  SG_CHECK(index >= 0 && index < size()) << "[Dataset] item " << index << " of " << size();
  const int64_t image = index % num_images();
  const bool mirrored = index >= num_images();
  const Image* cached = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto bad = bad_.find(image);
    if (bad != bad_.end()) return bad->second;
    if (!cache_.empty()) cached = cache_[image].get();
  }
  if (cached != nullptr) return mirrored ? MirrorHorizontally(*cached) : *cached;

  absl::StatusOr<Image> decoded = Decode(image);
  std::lock_guard<std::mutex> lock(mutex_);
  if (absl::IsUnavailable(decoded.status())) return decoded.status();
  if (!decoded.ok()) {
    bad_.emplace(image, decoded.status());
    return decoded.status();
  }
  if (!cache_.empty() && cache_[image] == nullptr) cache_[image] = std::make_unique<const Image>(*decoded);
  return mirrored ? MirrorHorizontally(*decoded) : *std::move(decoded);
}

}  // namespace sg::gan
