#include "gan/augment/cutout.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "gan/augment/per_image.h"

namespace sg::gan {
namespace {

constexpr double kCutoutSize = 0.5;  // share of the image along each axis

// Appends 1 for each of `length` pixels outside the interval, 0 for those inside.
void AppendOutside(double begin, double end, int64_t length, std::vector<float>* outside) {
  for (int64_t pixel = 0; pixel < length; ++pixel) {
    const double center = static_cast<double>(pixel) + 0.5;
    outside->push_back(center >= begin && center < end ? 0 : 1);
  }
}

}  // namespace

Tensor ClearBoxes(const Tensor& images, const std::vector<PixelBox>& boxes) {
  const int64_t n = images.dim(0), height = images.dim(1), width = images.dim(2);
  SG_CHECK(n == static_cast<int64_t>(boxes.size())) << "[ClearBoxes] " << boxes.size() << " boxes for " << images;
  std::vector<float> columns, rows;
  for (const PixelBox& box : boxes) {
    AppendOutside(box.left, box.right, width, &columns);
    AppendOutside(box.top, box.bottom, height, &rows);
  }
  // A pixel is kept if its column or its row is outside.
  return Mul(images,
             Maximum(ConstantLike(images, {n, 1, width, 1}, columns), ConstantLike(images, {n, height, 1, 1}, rows)));
}

Tensor CutOut(const Tensor& images, const std::vector<ImageTransform>& transforms) {
  const auto cuts = [](const ImageTransform& transform) { return transform.cutout; };
  if (std::none_of(transforms.begin(), transforms.end(), cuts)) return images;
  const auto height = static_cast<double>(images.dim(1)), width = static_cast<double>(images.dim(2));
  std::vector<PixelBox> boxes;
  for (const ImageTransform& t : transforms) {
    PixelBox box;
    if (t.cutout) {
      constexpr double kHalf = kCutoutSize / 2;
      box = {(t.cutout_x - kHalf) * width, (t.cutout_x + kHalf) * width, (t.cutout_y - kHalf) * height,
             (t.cutout_y + kHalf) * height};
    }
    boxes.push_back(box);
  }
  return ClearBoxes(images, boxes);
}

}  // namespace sg::gan
