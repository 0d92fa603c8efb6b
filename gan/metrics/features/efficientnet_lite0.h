// EfficientNet-Lite0: the feature network of the metrics that need no download (Tan and Le 2019, "EfficientNet", in
// Google's Lite form without squeeze-and-excitation). The weights are in third_party/efficientnet_lite0.
//
//   absl::StatusOr<EfficientNetLite0> network = EfficientNetLite0::Load(path, device);
//   if (!network.ok()) return network.status();
//   Tensor features = network->Features(pixels);  // [8,112,112,3] in 0..255 -> [8,1280]
//
// Every convolution pads as TensorFlow's "SAME": the output has ceil(n / stride) pixels, and of an odd number of zeros
// the end gets one more than the beginning. Differentiable with respect to the pixels to any order.
#ifndef GAN_METRICS_FEATURES_EFFICIENTNET_LITE0_H_
#define GAN_METRICS_FEATURES_EFFICIENTNET_LITE0_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "engine/tensor/tensor.h"

namespace sg::gan {

class EfficientNetLite0 {
 public:
  static constexpr int64_t kFeatures = 1280;

  // Reads a safetensors file with the tensors that the README beside the weights lists. Errors are one sentence that
  // begins with the path: those of the reader, and a tensor of another shape.
  static absl::StatusOr<EfficientNetLite0> Load(const std::string& path, Device device);

  Device device() const { return stem_.bias.device(); }

  // Pixels [N,H,W,3] of any size, RGB from 0 to 255, f32 -> [N,1280]: the mean over the positions of the last layer.
  Tensor Features(const Tensor& pixels) const;

  // Pixels as above -> five feature maps, the outputs of blocks 0, 2, 4, 10 and 15: [N,H/2,W/2,16], [N,H/4,W/4,24],
  // [N,H/8,W/8,40], [N,H/16,W/16,112] and [N,H/32,W/32,320], sizes rounded up.
  std::vector<Tensor> Taps(const Tensor& pixels) const;

 private:
  struct Convolution {
    int64_t kernel = 1, stride = 1, groups = 1;
    // [O,k,k,I/groups] at [0][0]. The others have an additional row or column of zeros in front, where the index says
    // so; only convolutions of stride 2 have them.
    std::array<std::array<Tensor, 2>, 2> weights;
    Tensor bias;  // [O]
  };
  // expand (1x1, absent in the first block), depthwise, project (1x1).
  struct Block {
    Convolution expand, depthwise, project;
    bool expands = false, residual = false;
  };
  class Loader;

  EfficientNetLite0() = default;
  static Tensor Convolve(const Convolution& conv, const Tensor& x, bool relu6);
  static Tensor Forward(const Block& block, const Tensor& x);
  Tensor Stem(const Tensor& pixels) const;

  Convolution stem_;
  std::vector<Block> blocks_;
  Convolution head_;
};

}  // namespace sg::gan

#endif  // GAN_METRICS_FEATURES_EFFICIENTNET_LITE0_H_
