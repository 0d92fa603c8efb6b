// The image filter of augmentation: amplifies each of four frequency bands by its own factor, image by image.
// Differentiable to any order with respect to the images.
//
//   ImageTransform sharp;
//   sharp.bands[3] = 2;
//   Tensor y = FilterBands(x, {sharp});  // x [1,H,W,C]
#ifndef GAN_AUGMENT_BAND_FILTER_H_
#define GAN_AUGMENT_BAND_FILTER_H_

#include <array>
#include <cstdint>
#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/augment/image_transform.h"

namespace sg::gan {

inline constexpr int kBandTaps = 43;

// The filters of the bands, built from the wavelet sym2. They are symmetric, and add up to 1 at the center tap.
std::array<std::array<double, kBandTaps>, kFilterBands> BandFilters();

// The filter of an image along each axis. Each band's factor is first divided by the root of the power that it would
// give to an image with NVIDIA's spectrum, which has ten times as much in the lowest band as in each other one.
std::array<double, kBandTaps> FilterOf(const ImageTransform& transform);

// Images [N,H,W,C], each side at least kSmallestFilteredSize, with the filters of their transforms along both axes and
// reflection at the edges. The filter along an axis is a product with a matrix [N,H,H]: it has more arithmetic than a
// convolution above 43 pixels, but the speed of a matrix product. A GPU may round its operands to TF32.
Tensor FilterBands(const Tensor& images, const std::vector<ImageTransform>& transforms);

}  // namespace sg::gan

#endif  // GAN_AUGMENT_BAND_FILTER_H_
