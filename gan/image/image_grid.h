// Images of one size in a grid, row by row: the sheet of samples that a training run saves.
//
//   Image sheet = MakeGrid(images, 8);   // 8 columns
#ifndef GAN_IMAGE_IMAGE_GRID_H_
#define GAN_IMAGE_IMAGE_GRID_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

// At least one image, all of one size and number of channels. `gap` pixels separate neighbors. The gaps and the places
// after the last image are white. With fewer images than `columns`, the grid is only as wide as the images.
Image MakeGrid(const std::vector<Image>& images, int columns, int gap = 0);

// InvalidArgument if the grid of `count` images, without gaps, is too large for a PNG file or for the memory: at most
// 1,000,000 pixels a side and 2^30 in all. count and columns are positive.
absl::Status CheckGrid(int64_t count, const ImageSpec& spec, int64_t columns);

}  // namespace sg::gan

#endif  // GAN_IMAGE_IMAGE_GRID_H_
