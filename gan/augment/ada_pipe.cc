#include "gan/augment/ada_pipe.h"

#include <algorithm>
#include <cstdint>

#include "engine/ops/elementwise.h"
#include "engine/tensor/op_observer.h"
#include "gan/augment/band_filter.h"
#include "gan/augment/color.h"
#include "gan/augment/cutout.h"
#include "gan/augment/geometry.h"
#include "gan/augment/per_image.h"

namespace sg::gan {
namespace {

Tensor AddNoise(const Tensor& images, const std::vector<ImageTransform>& transforms, RandomStream* stream) {
  std::vector<float> deviations;
  for (const ImageTransform& transform : transforms) deviations.push_back(static_cast<float>(transform.noise));
  if (std::all_of(deviations.begin(), deviations.end(), [](float d) { return d == 0; })) return images;
  const Tensor noise = RandomNormal(images.shape(), images.dtype(), images.device(), stream);
  return Add(images, Mul(noise, ConstantLike(images, {images.dim(0), 1, 1, 1}, deviations)));
}

}  // namespace

Tensor TransformImages(const Tensor& images, const std::vector<ImageTransform>& transforms, bool exact_blits,
                       RandomStream* noise) {
  const TraceScope trace("TransformImages");
  Tensor y = TransformGeometry(images, transforms, exact_blits);
  y = TransformColors(y, transforms);
  y = FilterBands(y, transforms);
  y = AddNoise(y, transforms, noise);
  return CutOut(y, transforms);
}

}  // namespace sg::gan
