// Arranges images of one size in a grid, row by row. Training runs save their samples this way.
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

// Requires at least one image, and one size and number of channels for all. `gap` pixels separate neighbors. The gaps
// and the unused places after the last image are white. With fewer images than `columns`, the grid is only as wide as
// the images.
Image MakeGrid(const std::vector<Image>& images, int columns, int gap = 0);

// InvalidArgument if the grid of `count` images, without gaps, is too large for a PNG file or for memory: more than
// 1,000,000 pixels per side or 2^30 in total. count and columns must be positive.
absl::Status CheckGrid(int64_t count, const ImageSpec& spec, int64_t columns);

}  // namespace sg::gan

#endif  // GAN_IMAGE_IMAGE_GRID_H_
