// The size of a model's images, on which batch, dataset and networks must agree.
//
//   const ImageSpec spec = config.model.image_spec();  // {64, 64, 3}
//   Tensor pixels = Tensor::Zeros(spec.BatchShape(8), DType::kF32, device);  // [8,64,64,3]
#ifndef GAN_IMAGE_IMAGE_SPEC_H_
#define GAN_IMAGE_IMAGE_SPEC_H_

#include <cstdint>

#include "engine/base/shape.h"

namespace sg::gan {

struct ImageSpec {
  int64_t height = 0, width = 0;  // pixels
  int64_t channels = 0;           // values per pixel, interleaved

  int64_t NumValues() const { return height * width * channels; }
  Shape BatchShape(int64_t images) const { return {images, height, width, channels}; }

  friend bool operator==(const ImageSpec& a, const ImageSpec& b) {
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
  }
  friend bool operator!=(const ImageSpec& a, const ImageSpec& b) { return !(a == b); }
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_IMAGE_SPEC_H_
