#include "gan/data/convert/examine_pictures.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/parallel.h"
#include "gan/data/convert/picture_chunks.h"
#include "gan/image/aspect.h"
#include "gan/image/decode_image.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"
#include "gan/image/image_header.h"
#include "gan/image/pixel_hash.h"

namespace sg::gan {
namespace {

constexpr size_t kNamed = 8;  // sizes in a line

struct Seen {
  std::string name, error, mode;
  int64_t width = 0, height = 0;
  uint64_t hash = 0;

  std::string size() const { return absl::StrCat(width, "x", height); }
};

uint64_t HashOf(const Image& image) {
  PixelHash hash;
  hash.Add(image);
  return hash.value();
}

Seen Examine(const Picture& picture, const DecodeLimits& limits) {
  Seen seen;
  seen.name = picture.name;
  if (!picture.status.ok()) {
    seen.error = std::string(picture.status.message());
    return seen;
  }
  if (picture.bytes.empty()) {
    seen.width = picture.image.width;
    seen.height = picture.image.height;
    seen.mode = PixelModeName(picture.image.channels == 1 ? PixelMode::kGray : PixelMode::kRgb);
    seen.hash = HashOf(picture.image);
    return seen;
  }
  const absl::StatusOr<ImageHeader> header = ReadImageHeader(picture.bytes);
  DecodedForm form;
  form.alpha = true;
  const absl::StatusOr<Image> image =
      header.ok() ? DecodeImage(picture.bytes, limits, form) : absl::StatusOr<Image>(header.status());
  if (!image.ok()) {
    seen.error = std::string(image.status().message());
    return seen;
  }
  // The image itself may be a part of a very large picture, or turned.
  seen.width = header->width;
  seen.height = header->height;
  if (image->width == header->height && image->height == header->width) std::swap(seen.width, seen.height);
  seen.mode = PixelModeName(header->mode);
  if (header->bits > 8) absl::StrAppend(&seen.mode, " of ", header->bits, " bits");
  seen.hash = HashOf(*image);
  return seen;
}

using Counts = std::vector<std::pair<std::string, int64_t>>;

// The most frequent first.
Counts CountBy(const std::vector<Seen>& all, const std::function<std::string(const Seen&)>& key) {
  std::map<std::string, int64_t> counts;
  for (const Seen& seen : all) {
    if (seen.error.empty()) ++counts[key(seen)];
  }
  Counts sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string Text(const char* what, const Counts& counts) {
  std::string text = absl::StrCat(what, ":");
  for (size_t i = 0; i < counts.size() && i < kNamed; ++i) {
    absl::StrAppend(&text, i == 0 ? " " : ", ", counts[i].first, " ", counts[i].second);
  }
  if (counts.size() > kNamed) absl::StrAppend(&text, ", and ", counts.size() - kNamed, " others");
  return text;
}

}  // namespace

absl::StatusOr<Examination> ExaminePictures(PictureStream* stream, const ExamineOptions& options) {
  std::vector<Seen> all;
  const auto work = [&](std::vector<Picture>* chunk) -> absl::StatusOr<bool> {
    const size_t first = all.size();
    all.resize(first + chunk->size());
    ForEachInParallel(
        static_cast<int>(chunk->size()), [&](int i) { all[first + i] = Examine((*chunk)[i], options.limits); },
        options.threads);
    if (options.on_progress) options.on_progress(static_cast<int64_t>(chunk->size()));
    return true;
  };
  const absl::Status status = ForEachChunk(stream, options.threads, options.stop, work);
  if (!status.ok()) return status;

  Examination found;
  found.pictures = static_cast<int64_t>(all.size());
  const Counts sizes = CountBy(all, [](const Seen& seen) { return seen.size(); });
  const Counts modes = CountBy(all, [](const Seen& seen) { return seen.mode; });
  found.sizes = Text("sizes", sizes);
  found.modes = Text("pixels", modes);
  const ImageSpec& wanted = options.wanted;
  std::unordered_map<uint64_t, size_t> first_with;
  for (size_t i = 0; i < all.size(); ++i) {
    const Seen& seen = all[i];
    const auto add = [&](const std::string& what) { found.problems.push_back(absl::StrCat(seen.name, ": ", what)); };
    if (!seen.error.empty()) {
      add(seen.error);
      continue;
    }
    if (wanted.width > 0) {
      const PartSize part =
          LargestPart(static_cast<int>(seen.width), static_cast<int>(seen.height), {wanted.width, wanted.height});
      if (part.width < wanted.width || part.height < wanted.height) {
        add(absl::StrCat("is ", seen.size(), ", too small for ", wanted.width, "x", wanted.height));
      }
    } else if (seen.size() != sizes.front().first) {
      add(absl::StrCat("is ", seen.size(), ", most are ", sizes.front().first));
    }
    if (seen.mode != modes.front().first) add(absl::StrCat("is ", seen.mode, ", most are ", modes.front().first));
    const auto [before, is_new] = first_with.emplace(seen.hash, i);
    if (!is_new) add(absl::StrCat("has the same pixels as ", all[before->second].name));
  }
  return found;
}

}  // namespace sg::gan
