// The features of 8-bit images, by the protocol of our metrics: resized to one size by Pillow's Lanczos, whatever size
// they have.
//
//   const ImageFeatures features(&network, kFeatureResolution);
//   std::vector<float> rows = features.Of(images);  // [images.size(),1280]
#ifndef GAN_METRICS_FEATURES_IMAGE_FEATURES_H_
#define GAN_METRICS_FEATURES_IMAGE_FEATURES_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gan/image/image.h"
#include "gan/metrics/features/efficientnet_lite0.h"

namespace sg::gan {

// Half the size at which the network was trained, at a quarter of the cost.
constexpr int kFeatureResolution = 112;

class ImageFeatures {
 public:
  // `network` must outlive this object.
  ImageFeatures(const EfficientNetLite0* network, int resolution) : network_(network), resolution_(resolution) {}

  // Of RGB images. Computes all of them at once.
  std::vector<float> Of(absl::Span<const Image> images) const;

  const EfficientNetLite0& network() const { return *network_; }
  // "EfficientNet-Lite0 at 112x112 pixels, resized by Lanczos"
  std::string Protocol() const;
  // "efflite0-112", for names of files.
  std::string Name() const;

 private:
  const EfficientNetLite0* const network_;
  const int resolution_;
};

}  // namespace sg::gan

#endif  // GAN_METRICS_FEATURES_IMAGE_FEATURES_H_
