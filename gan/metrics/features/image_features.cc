#include "gan/metrics/features/image_features.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor.h"
#include "gan/image/resize.h"

namespace sg::gan {

std::vector<float> ImageFeatures::Of(absl::Span<const Image> images) const {
  std::vector<float> pixels;
  pixels.reserve(images.size() * resolution_ * resolution_ * 3);
  for (const Image& image : images) {
    SG_CHECK(image.channels == 3 || image.channels == 1)
        << "[ImageFeatures] an image of " << image.channels << " channels";
    const Image resized = ResizeLanczos(image, resolution_, resolution_);
    for (const uint8_t value : resized.pixels) pixels.insert(pixels.end(), image.channels == 1 ? 3 : 1, value);
  }
  const RecordScope no_record(false);
  const Shape shape = {static_cast<int64_t>(images.size()), resolution_, resolution_, 3};
  return network_->Features(Tensor::FromHost<float>(shape, pixels, network_->device())).ToHost<float>();
}

std::string ImageFeatures::Protocol() const {
  return absl::StrCat("EfficientNet-Lite0 at ", resolution_, "x", resolution_, " pixels, resized by Lanczos");
}

std::string ImageFeatures::Name() const { return absl::StrCat("efflite0-", resolution_); }

}  // namespace sg::gan
