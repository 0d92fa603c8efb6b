#include "gan/image/center_shrink.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxBlock = 16;  // 16 * 16 * 255 fits into 16 bits
constexpr int64_t kChannels = 3;

}  // namespace

int64_t CenterShrinkBlock(int width, int height, int64_t max_pixels) {
  SG_CHECK(width > 0 && height > 0 && max_pixels > 0) << "[CenterShrink] " << width << "x" << height;
  const int64_t square = std::min(width, height);
  int64_t block = 1;
  while (block < std::min(kMaxBlock, square) && square / block > max_pixels / (square / block)) ++block;
  return block;
}

CenterShrink::CenterShrink(int width, int height, int64_t max_pixels, bool rows_in_order)
    : width_(width), rows_in_order_(rows_in_order), block_(CenterShrinkBlock(width, height, max_pixels)) {
  side_ = std::min(width, height) / block_;
  left_ = (width - side_ * block_) / 2;
  top_ = (height - side_ * block_) / 2;
  image_ = Image{static_cast<int>(side_), static_cast<int>(side_), kChannels, {}};
  image_.pixels.resize(side_ * side_ * kChannels);
  for (int64_t column = 0; column < side_ * block_; ++column) sum_of_column_.push_back(column / block_ * kChannels);
  sums_.resize((rows_in_order ? 1 : side_) * side_ * kChannels);
}

void CenterShrink::AddPixels(int64_t y, int64_t x, int64_t step, int64_t count, const uint8_t* rgb) {
  const int64_t row = y - top_;
  if (row < 0 || row >= side_ * block_) return;
  uint16_t* sums = sums_.data() + (rows_in_order_ ? 0 : row / block_ * side_ * kChannels);
  const int64_t first = x >= left_ ? 0 : (left_ - x + step - 1) / step;
  for (int64_t i = first; i < count; ++i) {
    const int64_t column = x + i * step - left_;
    if (column >= side_ * block_) break;
    uint16_t* sum = sums + sum_of_column_[column];
    for (int64_t c = 0; c < kChannels; ++c) sum[c] = static_cast<uint16_t>(sum[c] + rgb[i * kChannels + c]);
  }
  if (rows_in_order_ && row % block_ == block_ - 1) {
    Average(row / block_);
    std::fill(sums_.begin(), sums_.end(), uint16_t{0});
  }
}

void CenterShrink::Average(int64_t block_row) {
  const int64_t values = side_ * kChannels;
  const uint16_t* sums = sums_.data() + (rows_in_order_ ? 0 : block_row * values);
  uint8_t* to = image_.pixels.data() + block_row * values;
  const int64_t pixels = block_ * block_;
  for (int64_t i = 0; i < values; ++i) to[i] = static_cast<uint8_t>((sums[i] + pixels / 2) / pixels);
}

Image CenterShrink::Finish() {
  if (!rows_in_order_) {
    for (int64_t row = 0; row < side_; ++row) Average(row);
  }
  return std::move(image_);
}

}  // namespace sg::gan
