#include "gan/augment/augment_images.h"

#include <algorithm>
#include <vector>

#include "engine/ops/elementwise.h"
#include "gan/augment/ada_pipe.h"
#include "gan/augment/affine_map.h"
#include "gan/augment/diff_augment.h"
#include "gan/augment/draw_transforms.h"

namespace sg::gan {
namespace {

// f of the images in the range from -1 to 1.
template <typename F>
Tensor InSignedRange(const Tensor& images, bool is_signed, F f) {
  return is_signed ? f(images) : Affine(f(Affine(images, 2, -1)), 0.5, 0.5);
}

}  // namespace

Tensor AugmentImages(const Tensor& images, const TrainConfig& config, double p, RandomStream* stream) {
  const AugmentConfig& augment = config.augment;
  if (augment.aug == AugMode::kNone) return images;
  const PixelSize size = {images.dim(1), images.dim(2)};
  const bool is_signed = config.model.SignedImages();
  if (augment.aug == AugMode::kDiffAug) {
    const std::vector<DiffTransform> drawn = DrawDiffTransforms(images.dim(0), size, stream);
    return InSignedRange(images, is_signed, [&](const Tensor& x) { return DiffAugment(x, drawn); });
  }
  const std::vector<ImageTransform> drawn = DrawTransforms(augment.pipe, p, images.dim(0), size, stream);
  if (std::none_of(drawn.begin(), drawn.end(), [](const ImageTransform& t) { return t.acts(); })) return images;
  return InSignedRange(images, is_signed,
                       [&](const Tensor& x) { return TransformImages(x, drawn, augment.exact_blits, stream); });
}

}  // namespace sg::gan
