#include "gan/data/convert/convert_pictures.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/parallel.h"
#include "gan/data/convert/picture_chunks.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::gan {
namespace {

struct Converted {
  absl::Status status;
  std::string png;
  ImageSpec spec;
  bool enlarged = false;
};

Converted ConvertOne(const Picture& picture, const ConvertOptions& options) {
  Converted converted;
  absl::StatusOr<FittedPicture> fitted = FitPicture(options.fit, picture, options.limits);
  if (!fitted.ok()) {
    converted.status = fitted.status();
    return converted;
  }
  const Image& image = fitted->image;
  converted.spec = {image.height, image.width, image.channels};
  converted.enlarged = fitted->enlarged;
  if (converted.enlarged && options.skip_small) return converted;
  absl::StatusOr<std::string> png = EncodePng(image, {}, PngPacking::kStored);
  converted.status = png.status();
  if (png.ok()) converted.png = *std::move(png);
  return converted;
}

std::string SizeText(const ImageSpec& spec) { return absl::StrCat(spec.width, "x", spec.height); }

}  // namespace

absl::StatusOr<ConvertCounts> ConvertPictures(PictureStream* stream, DatasetWriter* writer,
                                              const ConvertOptions& options) {
  ConvertCounts counts;
  std::string first;  // the picture whose size the others must have
  const auto take = [&](const Picture& picture, Converted* converted) {
    absl::Status& status = converted->status;
    if (status.ok() && converted->enlarged && options.skip_small) {
      ++counts.small;
      return absl::OkStatus();
    }
    if (status.ok() && counts.written == 0) {
      counts.spec = converted->spec;
      first = picture.name;
    }
    if (status.ok() && converted->spec != counts.spec) {
      status = absl::InvalidArgumentError(absl::StrCat("is ", SizeText(converted->spec), ", and ", first, " is ",
                                                       SizeText(counts.spec), ": --res makes them of one size"));
    }
    if (!status.ok()) {
      const std::string sentence = absl::StrCat(picture.name, ": ", status.message());
      if (options.on_bad_image == OnBadImage::kFail || absl::IsUnavailable(status)) {
        return absl::Status(status.code(), sentence);
      }
      counts.bad.push_back(sentence);
      return absl::OkStatus();
    }
    counts.enlarged += converted->enlarged ? 1 : 0;
    ++counts.written;
    return writer->Add(converted->png, picture.label);
  };
  const auto work = [&](std::vector<Picture>* chunk) -> absl::StatusOr<bool> {
    std::vector<Converted> converted(chunk->size());
    ForEachInParallel(
        static_cast<int>(chunk->size()), [&](int i) { converted[i] = ConvertOne((*chunk)[i], options); },
        options.threads);
    for (size_t i = 0; i < chunk->size(); ++i) {
      if (counts.written == options.max_images) return false;
      const absl::Status taken = take((*chunk)[i], &converted[i]);
      if (!taken.ok()) return taken;
    }
    if (options.on_progress) options.on_progress(static_cast<int64_t>(chunk->size()));
    return counts.written < options.max_images;
  };
  const absl::Status status = ForEachChunk(stream, options.threads, options.stop, work);
  if (!status.ok()) return status;
  return counts;
}

}  // namespace sg::gan
