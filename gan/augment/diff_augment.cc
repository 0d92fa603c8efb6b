#include "gan/augment/diff_augment.h"

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/augment/color.h"
#include "gan/augment/cutout.h"
#include "gan/augment/geometry.h"
#include "gan/augment/host_dice.h"
#include "gan/augment/per_image.h"

namespace sg::gan {
namespace {

constexpr double kLargestShift = 0.125, kCutoutSize = 0.5;  // shares of the image along each axis

int64_t Rounded(double share, int64_t length) {
  return static_cast<int64_t>(share * static_cast<double>(length) + 0.5);
}

int DrawShift(int64_t length, const HostDice& dice, int axis) {
  const int largest = static_cast<int>(Rounded(kLargestShift, length));
  return dice.Index(2 * largest + 1, axis) - largest;
}

// The center of an even cutout may be the far edge of the image.
int DrawCenter(int64_t length, const HostDice& dice, int axis) {
  const bool even = Rounded(kCutoutSize, length) % 2 == 0;
  return dice.Index(static_cast<int>(length) + (even ? 1 : 0), axis);
}

Tensor ChangeContrast(const Tensor& colors, const std::vector<DiffTransform>& transforms) {
  std::vector<float> factors;
  for (const DiffTransform& t : transforms) factors.push_back(static_cast<float>(t.contrast));
  const Tensor factor = ConstantLike(colors, {colors.dim(0), 1, 1, 1}, factors);
  const Tensor mean = Mean(colors, {1, 2, 3}, /*keep_dims=*/true);
  return Add(Mul(Sub(colors, mean), factor), mean);
}

Tensor ChangeColors(const Tensor& images, const std::vector<DiffTransform>& transforms) {
  std::vector<ColorMap> maps;
  for (const DiffTransform& t : transforms) {
    ImageTransform same;
    same.brightness = t.brightness;
    same.saturation = t.saturation;
    maps.push_back(ColorMapOf(same));
  }
  const Tensor mapped = MapColors(images, maps);
  const int64_t channels = images.dim(3), colors = ColorChannels(channels);
  if (channels == colors) return ChangeContrast(mapped, transforms);
  return Concat(
      {ChangeContrast(Narrow(mapped, 3, 0, colors), transforms), Narrow(mapped, 3, colors, channels - colors)}, 3);
}

Tensor Translate(const Tensor& images, const std::vector<DiffTransform>& transforms) {
  std::vector<AffineMap> maps;
  for (const DiffTransform& t : transforms) {
    AffineMap map;
    map.c = -t.shift_x;
    map.f = -t.shift_y;
    maps.push_back(map);
  }
  return MovePixels(images, maps, /*margins=*/{});
}

Tensor Cut(const Tensor& images, const std::vector<DiffTransform>& transforms) {
  const int64_t height = Rounded(kCutoutSize, images.dim(1)), width = Rounded(kCutoutSize, images.dim(2));
  std::vector<PixelBox> boxes;
  for (const DiffTransform& t : transforms) {
    const int64_t left = t.cutout_x - width / 2, top = t.cutout_y - height / 2;
    boxes.push_back({static_cast<double>(left), static_cast<double>(left + width), static_cast<double>(top),
                     static_cast<double>(top + height)});
  }
  return ClearBoxes(images, boxes);
}

}  // namespace

std::vector<DiffTransform> DrawDiffTransforms(int64_t images, const PixelSize& size, RandomStream* stream) {
  HostDice dice(stream);
  std::vector<DiffTransform> transforms(images);
  for (DiffTransform& t : transforms) {
    dice.Roll(1);
    t.brightness = dice.Uniform(0) - 0.5;
    t.saturation = 2 * dice.Uniform(1);
    dice.Roll(1);
    t.contrast = dice.Uniform(0) + 0.5;
    dice.Roll(1);
    t.shift_x = DrawShift(size.width, dice, 0);
    t.shift_y = DrawShift(size.height, dice, 1);
    dice.Roll(1);
    t.cutout_x = DrawCenter(size.width, dice, 0);
    t.cutout_y = DrawCenter(size.height, dice, 1);
  }
  return transforms;
}

Tensor DiffAugment(const Tensor& images, const std::vector<DiffTransform>& transforms) {
  const TraceScope trace("DiffAugment");
  SG_CHECK(images.shape().rank() == 4 && images.dim(0) == static_cast<int64_t>(transforms.size()))
      << "[DiffAugment] " << transforms.size() << " transforms for images " << images;
  return Cut(Translate(ChangeColors(images, transforms), transforms), transforms);
}

}  // namespace sg::gan
