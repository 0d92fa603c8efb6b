#include "gan/image/image_grid.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr uint8_t kWhite = 255;
constexpr int64_t kMaxSide = 1000000;             // libpng writes no larger one
constexpr int64_t kMaxPixels = int64_t{1} << 30;  // 3 GiB

struct Cell {
  int height;
  int width;
  int channels;
};

Image MakeGridOf(const std::vector<const uint8_t*>& images, Cell cell, int columns, int gap) {
  SG_CHECK(!images.empty() && columns > 0 && gap >= 0)
      << "[MakeGrid] " << images.size() << " images, " << columns << " columns, gap " << gap;
  const int count = static_cast<int>(images.size());
  const int used_columns = std::min(columns, count);
  const int rows = (count + used_columns - 1) / used_columns;
  Image grid{used_columns * (cell.width + gap) - gap, rows * (cell.height + gap) - gap, cell.channels, {}};
  const size_t grid_row_bytes = static_cast<size_t>(grid.width) * cell.channels;
  const size_t cell_row_bytes = static_cast<size_t>(cell.width) * cell.channels;
  grid.pixels.assign(grid_row_bytes * grid.height, kWhite);
  for (int i = 0; i < count; ++i) {
    const size_t top = static_cast<size_t>(i / used_columns) * (cell.height + gap);
    const size_t left = static_cast<size_t>(i % used_columns) * (cell.width + gap) * cell.channels;
    for (int y = 0; y < cell.height; ++y) {
      std::memcpy(&grid.pixels[(top + y) * grid_row_bytes + left], images[i] + y * cell_row_bytes, cell_row_bytes);
    }
  }
  return grid;
}

}  // namespace

Image MakeGrid(const std::vector<Image>& images, int columns, int gap) {
  SG_CHECK(!images.empty()) << "[MakeGrid] no images";
  const Image& first = images.front();
  std::vector<const uint8_t*> pixels;
  for (const Image& image : images) {
    SG_CHECK(image.width == first.width && image.height == first.height && image.channels == first.channels)
        << "[MakeGrid] image of " << image.width << "x" << image.height << "x" << image.channels << " among images of "
        << first.width << "x" << first.height << "x" << first.channels;
    pixels.push_back(image.pixels.data());
  }
  return MakeGridOf(pixels, {first.height, first.width, first.channels}, columns, gap);
}

Image MakeGrid(absl::Span<const uint8_t> pixels, int height, int width, int columns, int gap) {
  SG_CHECK(height > 0 && width > 0) << "[MakeGrid] images of " << width << "x" << height;
  const size_t image_bytes = static_cast<size_t>(height) * width * 3;
  SG_CHECK(pixels.size() % image_bytes == 0)
      << "[MakeGrid] " << pixels.size() << " bytes are no whole number of images of " << width << "x" << height << "x3";
  std::vector<const uint8_t*> images;
  for (size_t at = 0; at < pixels.size(); at += image_bytes) images.push_back(&pixels[at]);
  return MakeGridOf(images, {height, width, 3}, columns, gap);
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
