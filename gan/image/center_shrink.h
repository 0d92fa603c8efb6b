// Reduces a picture too large to keep while its rows arrive: keeps the largest center part of an aspect, and averages
// blocks of its pixels.
//
//   CenterShrink shrink(width, height, DecodedForm(), limits.max_whole_pixels, /*rows_in_order=*/true);
//   for (int y = 0; y < height; ++y) shrink.AddRow(y, row);
//   Image image = shrink.Finish();
#ifndef GAN_IMAGE_CENTER_SHRINK_H_
#define GAN_IMAGE_CENTER_SHRINK_H_

#include <cstdint>
#include <vector>

#include "gan/image/aspect.h"
#include "gan/image/decoded_form.h"
#include "gan/image/image.h"

namespace sg::gan {

// The side of the blocks: the smallest with which the part gives at most max_pixels > 0 pixels, but at most 16.
int64_t CenterShrinkBlock(const PartSize& part, int64_t max_pixels);

class CenterShrink {
 public:
  // `form` says which part is kept, and how many channels pixels have. Alpha must be premultiplied, and so is that of
  // the result. The part loses fewer rows and columns than one block has. The memory in use is that of the result, or
  // three times as much if rows may come in any order.
  CenterShrink(int width, int height, const DecodedForm& form, int64_t max_pixels, bool rows_in_order);

  // Adds the pixels x, x + step, x + 2 * step, ... of row y. Each pixel of the picture must be added once. Creates
  // no object with a destructor, so RunGuarded may call it.
  void AddPixels(int64_t y, int64_t x, int64_t step, int64_t count, const uint8_t* pixels);
  void AddRow(int64_t y, const uint8_t* pixels) { AddPixels(y, 0, 1, width_, pixels); }

  Image Finish();

 private:
  void Average(int64_t block_row);

  const int64_t width_, channels_;
  const bool rows_in_order_;
  const int64_t block_;
  int64_t left_ = 0, top_ = 0;
  int64_t columns_ = 0, rows_ = 0;      // of the result
  std::vector<int64_t> sum_of_column_;  // indices of `sums` of one row of blocks
  std::vector<uint16_t> sums_;
  Image image_;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_CENTER_SHRINK_H_
