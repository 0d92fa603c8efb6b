#include "gan/image/center_shrink.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxBlock = 16;  // 16 * 16 * 255 fits into 16 bits

}  // namespace

int64_t CenterShrinkBlock(const PartSize& part, int64_t max_pixels) {
  SG_CHECK(part.width > 0 && part.height > 0 && max_pixels > 0)
      << "[CenterShrink] " << part.width << "x" << part.height;
  int64_t block = 1;
  const int64_t most = std::min<int64_t>(kMaxBlock, std::min(part.width, part.height));
  while (block < most && part.width / block > max_pixels / (part.height / block)) ++block;
  return block;
}

CenterShrink::CenterShrink(int width, int height, const DecodedForm& form, int64_t max_pixels, bool rows_in_order)
    : width_(width),
      channels_(form.channels()),
      rows_in_order_(rows_in_order),
      block_(CenterShrinkBlock(LargestPart(width, height, form.aspect), max_pixels)) {
  const PartSize part = LargestPart(width, height, form.aspect);
  columns_ = part.width / block_;
  rows_ = part.height / block_;
  left_ = (width - columns_ * block_) / 2;
  top_ = (height - rows_ * block_) / 2;
  image_ = Image{static_cast<int>(columns_), static_cast<int>(rows_), form.channels(), {}};
  image_.pixels.resize(columns_ * rows_ * channels_);
  for (int64_t column = 0; column < columns_ * block_; ++column) {
    sum_of_column_.push_back(column / block_ * channels_);
  }
  sums_.resize((rows_in_order ? 1 : rows_) * columns_ * channels_);
}

void CenterShrink::AddPixels(int64_t y, int64_t x, int64_t step, int64_t count, const uint8_t* pixels) {
  const int64_t row = y - top_;
  if (row < 0 || row >= rows_ * block_) return;
  uint16_t* sums = sums_.data() + (rows_in_order_ ? 0 : row / block_ * columns_ * channels_);
  const int64_t first = x >= left_ ? 0 : (left_ - x + step - 1) / step;
  for (int64_t i = first; i < count; ++i) {
    const int64_t column = x + i * step - left_;
    if (column >= columns_ * block_) break;
    uint16_t* sum = sums + sum_of_column_[column];
    for (int64_t c = 0; c < channels_; ++c) sum[c] = static_cast<uint16_t>(sum[c] + pixels[i * channels_ + c]);
  }
  if (rows_in_order_ && row % block_ == block_ - 1) {
    Average(row / block_);
    std::fill(sums_.begin(), sums_.end(), uint16_t{0});
  }
}

void CenterShrink::Average(int64_t block_row) {
  const int64_t values = columns_ * channels_;
  const uint16_t* sums = sums_.data() + (rows_in_order_ ? 0 : block_row * values);
  uint8_t* to = image_.pixels.data() + block_row * values;
  const int64_t pixels = block_ * block_;
  for (int64_t i = 0; i < values; ++i) to[i] = static_cast<uint8_t>((sums[i] + pixels / 2) / pixels);
}

Image CenterShrink::Finish() {
  if (!rows_in_order_) {
    for (int64_t row = 0; row < rows_; ++row) Average(row);
  }
  return std::move(image_);
}

}  // namespace sg::gan
