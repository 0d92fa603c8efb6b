#include "gan/image/image_grid.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr uint8_t kWhite = 255;
constexpr int64_t kMaxSide = 1000000;             // the limit of libpng
constexpr int64_t kMaxPixels = int64_t{1} << 30;  // 3 GiB

}  // namespace

Image MakeGrid(const std::vector<Image>& images, int columns, int gap) {
  SG_CHECK(!images.empty() && columns > 0 && gap >= 0)
      << "[MakeGrid] " << images.size() << " images, " << columns << " columns, gap " << gap;
  const Image& first = images.front();
  const int count = static_cast<int>(images.size());
  const int used_columns = std::min(columns, count);
  const int rows = (count + used_columns - 1) / used_columns;
  Image grid{used_columns * (first.width + gap) - gap, rows * (first.height + gap) - gap, first.channels, {}};
  const size_t grid_row_bytes = static_cast<size_t>(grid.width) * first.channels;
  const size_t cell_row_bytes = static_cast<size_t>(first.width) * first.channels;
  grid.pixels.assign(grid_row_bytes * grid.height, kWhite);
  for (int i = 0; i < count; ++i) {
    const Image& image = images[i];
    SG_CHECK(image.width == first.width && image.height == first.height && image.channels == first.channels)
        << "[MakeGrid] image of " << image.width << "x" << image.height << "x" << image.channels << " among images of "
        << first.width << "x" << first.height << "x" << first.channels;
    const size_t top = static_cast<size_t>(i / used_columns) * (first.height + gap);
    const size_t left = static_cast<size_t>(i % used_columns) * (first.width + gap) * first.channels;
    for (int y = 0; y < first.height; ++y) {
      std::memcpy(&grid.pixels[(top + y) * grid_row_bytes + left], &image.pixels[y * cell_row_bytes], cell_row_bytes);
    }
  }
  return grid;
}

absl::Status CheckGrid(int64_t count, const ImageSpec& spec, int64_t columns) {
  SG_CHECK(count > 0 && columns > 0) << "[CheckGrid] " << count << " images, " << columns << " columns";
  const int64_t used_columns = std::min(columns, count);
  const int64_t width = used_columns * spec.width, height = (count + used_columns - 1) / used_columns * spec.height;
  if (width <= kMaxSide && height <= kMaxSide && width * height <= kMaxPixels) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(count, " images make a sheet of ", width, "x", height,
                                                 " pixels, which may have at most ", kMaxSide, " a side and ",
                                                 kMaxPixels, " in all"));
}

}  // namespace sg::gan
