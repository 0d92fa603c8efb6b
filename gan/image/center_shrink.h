// Reduces a picture too large to keep while its rows arrive: keeps the center square, and averages blocks of its
// pixels.
//
//   CenterShrink shrink(width, height, limits.max_whole_pixels, /*rows_in_order=*/true);
//   for (int y = 0; y < height; ++y) shrink.AddRow(y, row);
//   Image image = shrink.Finish();
#ifndef GAN_IMAGE_CENTER_SHRINK_H_
#define GAN_IMAGE_CENTER_SHRINK_H_

#include <cstdint>
#include <vector>

#include "gan/image/image.h"

namespace sg::gan {

// The side of the blocks: the smallest with which the result has at most max_pixels > 0 pixels, but at most 16.
int64_t CenterShrinkBlock(int width, int height, int64_t max_pixels);

class CenterShrink {
 public:
  // The square loses fewer rows and columns than one block has. The memory in use is that of the result, or three times
  // as much if rows may come in any order.
  CenterShrink(int width, int height, int64_t max_pixels, bool rows_in_order);

  // Adds the RGB pixels x, x + step, x + 2 * step, ... of row y. Each pixel of the picture must be added once. Creates
  // no object with a destructor, so RunGuarded may call it.
  void AddPixels(int64_t y, int64_t x, int64_t step, int64_t count, const uint8_t* rgb);
  void AddRow(int64_t y, const uint8_t* rgb) { AddPixels(y, 0, 1, width_, rgb); }

  Image Finish();

 private:
  void Average(int64_t block_row);

  const int64_t width_;
  const bool rows_in_order_;
  const int64_t block_;
  int64_t left_ = 0, top_ = 0;
  int64_t side_ = 0;                    // of the result
  std::vector<int64_t> sum_of_column_;  // indices of `sums` of one row of blocks
  std::vector<uint16_t> sums_;
  Image image_;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_CENTER_SHRINK_H_
