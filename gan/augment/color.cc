#include "gan/augment/color.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"
#include "gan/augment/per_image.h"

namespace sg::gan {
namespace {

// The same change of every color channel.
ColorMap Gray(double factor, double shift) {
  return {{{factor, 0, 0}, {0, factor, 0}, {0, 0, factor}}, {shift, shift, shift}};
}

// on_axis of a color's part along the gray axis, across of the rest of it, and `turned` of that rest turned by a right
// angle around the axis.
ColorMap AroundGray(double on_axis, double across, double turned) {
  ColorMap map;
  for (int r = 0; r < 3; ++r) {
    for (int k = 0; k < 3; ++k) {
      map.matrix[r][k] = on_axis / 3 + across * ((r == k ? 1 : 0) - 1.0 / 3);
      // The cross product with the axis (1,1,1) / sqrt 3.
      if (r != k) map.matrix[r][k] += ((k - r + 3) % 3 == 1 ? -turned : turned) / std::sqrt(3.0);
    }
  }
  return map;
}

// First `inner`, then `outer`.
ColorMap Compose(const ColorMap& outer, const ColorMap& inner) {
  ColorMap map;
  for (int r = 0; r < 3; ++r) {
    map.shift[r] = outer.shift[r];
    for (int k = 0; k < 3; ++k) {
      map.shift[r] += outer.matrix[r][k] * inner.shift[k];
      map.matrix[r][k] = 0;
      for (int i = 0; i < 3; ++i) map.matrix[r][k] += outer.matrix[r][i] * inner.matrix[i][k];
    }
  }
  return map;
}

// Colors [N,H,W,3].
Tensor MapThree(const Tensor& colors, const std::vector<ColorMap>& maps) {
  std::vector<float> matrices, shifts;
  for (const ColorMap& map : maps) {
    for (int r = 0; r < 3; ++r) {
      for (const double value : map.matrix[r]) matrices.push_back(static_cast<float>(value));
      shifts.push_back(static_cast<float>(map.shift[r]));
    }
  }
  const int64_t n = colors.dim(0);
  MatMulParams transposed;
  transposed.transpose_b = true;
  const Tensor mixed = MatMul(Reshape(colors, {n, colors.dim(1) * colors.dim(2), 3}),
                              ConstantLike(colors, {n, 3, 3}, matrices), transposed);
  return Reshape(Add(mixed, ConstantLike(colors, {n, 1, 3}, shifts)), colors.shape());
}

// Grays [N,H,W,1].
Tensor MapOne(const Tensor& grays, const std::vector<ColorMap>& maps) {
  std::vector<float> factors, shifts;
  for (const ColorMap& map : maps) {
    double factor = 0, shift = 0;
    for (int r = 0; r < 3; ++r) {
      shift += map.shift[r] / 3;
      for (const double value : map.matrix[r]) factor += value / 3;
    }
    factors.push_back(static_cast<float>(factor));
    shifts.push_back(static_cast<float>(shift));
  }
  const Shape one_each = {grays.dim(0), 1, 1, 1};
  return Add(Mul(grays, ConstantLike(grays, one_each, factors)), ConstantLike(grays, one_each, shifts));
}

}  // namespace

ColorMap ColorMapOf(const ImageTransform& t) {
  ColorMap map;
  for (const ColorMap& next : {Gray(1, t.brightness), Gray(t.contrast, 0), AroundGray(t.luma_flip ? -1 : 1, 1, 0),
                               AroundGray(1, std::cos(t.hue), std::sin(t.hue)), AroundGray(1, t.saturation, 0)}) {
    map = Compose(next, map);
  }
  return map;
}

Tensor MapColors(const Tensor& images, const std::vector<ColorMap>& maps) {
  SG_CHECK(images.shape().rank() == 4 && images.dim(0) == static_cast<int64_t>(maps.size()))
      << "[MapColors] " << maps.size() << " maps for images " << images;
  const int64_t channels = images.dim(3), colors = ColorChannels(channels);
  const Tensor in = channels == colors ? images : Narrow(images, 3, 0, colors);
  const Tensor out = colors == 3 ? MapThree(in, maps) : MapOne(in, maps);
  return channels == colors ? out : Concat({out, Narrow(images, 3, colors, channels - colors)}, 3);
}

Tensor TransformColors(const Tensor& images, const std::vector<ImageTransform>& transforms) {
  const auto recolors = [](const ImageTransform& transform) { return transform.recolors(); };
  if (std::none_of(transforms.begin(), transforms.end(), recolors)) return images;
  std::vector<ColorMap> maps;
  for (const ImageTransform& transform : transforms) maps.push_back(ColorMapOf(transform));
  return MapColors(images, maps);
}

}  // namespace sg::gan
