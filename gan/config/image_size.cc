#include "gan/config/image_size.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gan/config/fields.h"

namespace sg::gan {
namespace {

constexpr int kSquareBase = 4;
constexpr int kMaxSide = kMaxResolution / kSquareBase * kMaxBaseSide;

// What grows to width x height.
struct Growth {
  int base_width, base_height, doublings;
};

std::optional<Growth> GrowthTo(int width, int height) {
  Growth growth = {width, height, 0};
  while (growth.base_width % 2 == 0 && growth.base_height % 2 == 0 && growth.base_width >= 2 * kMinBaseSide &&
         growth.base_height >= 2 * kMinBaseSide) {
    growth = {growth.base_width / 2, growth.base_height / 2, growth.doublings + 1};
  }
  const bool fits = growth.base_width <= kMaxBaseSide && growth.base_height <= kMaxBaseSide &&
                    growth.base_width >= kMinBaseSide && growth.base_height >= kMinBaseSide && growth.doublings > 0;
  return fits ? std::make_optional(growth) : std::nullopt;
}

// The size with a growth that is nearest to width x height, measured by the sum of both differences.
std::pair<int, int> NearestSize(int width, int height) {
  std::pair<int, int> nearest;
  int64_t distance = INT64_MAX;
  for (int doublings = 1; kMinBaseSide << doublings <= kMaxSide; ++doublings) {
    const auto side = [doublings](int wanted) {
      const int base = static_cast<int>((wanted + (int64_t{1} << doublings) / 2) >> doublings);
      return std::min(std::max(base, kMinBaseSide), kMaxBaseSide) << doublings;
    };
    const int w = side(width), h = side(height);
    const int64_t d = std::abs(int64_t{w} - width) + std::abs(int64_t{h} - height);
    if (d < distance && w <= kMaxSide && h <= kMaxSide && GrowthTo(w, h)) {
      distance = d;
      nearest = {w, h};
    }
  }
  return nearest;
}

}  // namespace

absl::Status SetImageSize(absl::string_view text, ModelConfig* model) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, 'x');
  int width = 0, height = 0;
  if (parts.size() > 2 || !absl::SimpleAtoi(parts[0], &width) || !absl::SimpleAtoi(parts.back(), &height)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not an image size: a power of two from ",
                                                   kMinResolution, " to ", kMaxResolution,
                                                   ", or width x height such as 512x384"));
  }
  Growth growth = {kSquareBase, kSquareBase, 0};
  if (width == height) {
    model->resolution = width;
  } else {
    if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
      return absl::InvalidArgumentError(
          absl::StrCat("image size ", text, ": both sides must be from ", 2 * kMinBaseSide, " to ", kMaxSide));
    }
    const std::optional<Growth> found = GrowthTo(width, height);
    if (!found) {
      const auto [w, h] = NearestSize(width, height);
      return absl::InvalidArgumentError(
          absl::StrCat("image size ", text, ": both sides must be the same power of two times a number from ",
                       kMinBaseSide, " to ", kMaxBaseSide, "; the nearest such size is ", w, "x", h));
    }
    growth = *found;
    model->resolution = kSquareBase << growth.doublings;
  }
  model->base_width = growth.base_width;
  model->base_height = growth.base_height;
  return absl::OkStatus();
}

std::string ImageSizeText(const ModelConfig& model) {
  const ImageSpec spec = model.image_spec();
  return absl::StrCat(spec.width, "x", spec.height);
}

}  // namespace sg::gan
