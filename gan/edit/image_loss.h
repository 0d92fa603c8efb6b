// How far a picture is from a target, for searching the latent of a photo.
//
//   const ImageLoss loss(target, &features, ImageLossParams());   // [1,64,64,3] in [0,1]
//   Tensor distance = loss(pixels);                               // a scalar
//
// The sum of two terms, each times its weight:
// - pixels: the mean squared difference at full size and at every half of it as long as a side is above kSmallestLevel
//   and both are even, added up. The
//   coarse levels tell which way to move what is not yet in its place.
// - features: the squared distance of the outputs of five layers of EfficientNet-Lite0, each of unit length at every
//   position, averaged over positions and added up (the form of LPIPS, Zhang et al. 2018, without its learned weights).
//   It is cheap and needs no download, and it sees what pixels do not: edges, textures, parts.
#ifndef GAN_EDIT_IMAGE_LOSS_H_
#define GAN_EDIT_IMAGE_LOSS_H_

#include <cstdint>
#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/metrics/features/efficientnet_lite0.h"

namespace sg::gan {

struct ImageLossParams {
  double pixel_weight = 1;
  double feature_weight = 0.1;
};

class ImageLoss {
 public:
  static constexpr int64_t kSmallestLevel = 8;   // pixels
  static constexpr int64_t kLargestInput = 256;  // larger pictures are averaged down to it, as NVIDIA's projector does
  static constexpr int64_t kFeatureInput = 112;  // smaller ones are doubled for the features until they reach it

  // The target [1,H,W,C] in [0,1] has 1 or 3 channels. `features` may be null, which leaves the pixels; otherwise it
  // must outlive this object, and the target is f32.
  ImageLoss(const Tensor& target, const EfficientNetLite0* features, const ImageLossParams& params);

  // Pixels of the target's shape, nominally in [0,1] -> a scalar. Differentiable to any order.
  Tensor operator()(const Tensor& pixels) const;

 private:
  std::vector<Tensor> Pyramid(const Tensor& pixels) const;
  std::vector<Tensor> UnitTaps(const Tensor& pixels) const;

  const EfficientNetLite0* features_;
  const ImageLossParams params_;
  std::vector<Tensor> pyramid_, taps_;  // of the target
};

// x [N,H,W,C] -> [N,H/2,W/2,C], means of squares of four. H and W are even.
Tensor HalveByMeans(const Tensor& x);

}  // namespace sg::gan

#endif  // GAN_EDIT_IMAGE_LOSS_H_
