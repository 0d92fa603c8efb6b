#include "gan/metrics/features/efficientnet_lite0.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/conv_geometry.h"
#include "engine/io/safetensors_reader.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace sg::gan {
namespace {

// A row of blocks of one kind. Only the first has the stride and changes the number of channels.
struct Stage {
  int repeat;
  int64_t kernel, stride, expand, in, out;
};
constexpr Stage kStages[] = {{1, 3, 1, 1, 32, 16},  {2, 3, 2, 6, 16, 24},   {2, 5, 2, 6, 24, 40},  {3, 3, 2, 6, 40, 80},
                             {3, 5, 1, 6, 80, 112}, {4, 5, 2, 6, 112, 192}, {1, 3, 1, 6, 192, 320}};
constexpr int64_t kStemChannels = 32;
constexpr size_t kTapBlocks[] = {0, 2, 4, 10, 15};
constexpr double kRelu6Limit = 6;

// [O,I,k,k] -> [O,k + top,k + left,I] with `top` rows and `left` columns of zeros in front.
std::vector<float> Rearranged(const std::vector<float>& w, const Shape& shape, int64_t top, int64_t left) {
  const int64_t outputs = shape[0], inputs = shape[1], kernel = shape[2];
  const int64_t rows = kernel + top, columns = kernel + left;
  std::vector<float> result(outputs * rows * columns * inputs);
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < inputs; ++i) {
      for (int64_t y = 0; y < kernel; ++y) {
        for (int64_t x = 0; x < kernel; ++x) {
          result[((o * rows + y + top) * columns + x + left) * inputs + i] =
              w[((o * inputs + i) * kernel + y) * kernel + x];
        }
      }
    }
  }
  return result;
}

}  // namespace

// Reads the weights one after the other, and nothing more after the first error.
class EfficientNetLite0::Loader {
 public:
  Loader(const io::SafetensorsReader& file, Device device) : file_(file), device_(device) {}

  const absl::Status& status() const { return status_; }

  Convolution Read(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t groups) {
    Convolution conv;
    conv.kernel = kernel;
    conv.stride = stride;
    conv.groups = groups;
    const Shape shape = {out, in / groups, kernel, kernel};
    const std::vector<float> weight = Values(name + ".weight", shape), bias = Values(name + ".bias", {out});
    if (!status_.ok()) return conv;
    for (int64_t top = 0; top < stride; ++top) {
      for (int64_t left = 0; left < stride; ++left) {
        conv.weights[top][left] = Tensor::FromHost<float>({out, kernel + top, kernel + left, in / groups},
                                                          Rearranged(weight, shape, top, left), device_);
      }
    }
    conv.bias = Tensor::FromHost<float>({out}, bias, device_);
    return conv;
  }

 private:
  std::vector<float> Values(const std::string& name, const Shape& shape) {
    if (!status_.ok()) return {};
    const io::TensorInfo* const info = file_.Find(name);
    if (info != nullptr && info->shape != shape) {
      std::ostringstream sentence;
      sentence << file_.path() << ": the tensor \"" << name << "\" is " << info->shape << ", must be " << shape;
      status_ = absl::InvalidArgumentError(sentence.str());
      return {};
    }
    absl::StatusOr<std::vector<float>> values = file_.ReadAsFloat(name);
    if (!values.ok()) {
      status_ = values.status();
      return {};
    }
    return *std::move(values);
  }

  const io::SafetensorsReader& file_;
  const Device device_;
  absl::Status status_;
};

absl::StatusOr<EfficientNetLite0> EfficientNetLite0::Load(const std::string& path, Device device) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  if (!file.ok()) return file.status();
  EfficientNetLite0 network;
  Loader loader(*file, device);
  network.stem_ = loader.Read("stem", 3, kStemChannels, /*kernel=*/3, /*stride=*/2, /*groups=*/1);
  for (const Stage& stage : kStages) {
    for (int r = 0; r < stage.repeat; ++r) {
      const std::string name = absl::StrCat("blocks.", network.blocks_.size());
      const int64_t in = r == 0 ? stage.in : stage.out, stride = r == 0 ? stage.stride : 1, wide = in * stage.expand;
      Block block;
      block.expands = stage.expand > 1;
      block.residual = stride == 1 && in == stage.out;
      if (block.expands) block.expand = loader.Read(name + ".expand", in, wide, 1, 1, 1);
      block.depthwise = loader.Read(name + ".depthwise", wide, wide, stage.kernel, stride, /*groups=*/wide);
      block.project = loader.Read(name + ".project", wide, stage.out, 1, 1, 1);
      network.blocks_.push_back(std::move(block));
    }
  }
  network.head_ = loader.Read("head", std::end(kStages)[-1].out, kFeatures, 1, 1, 1);
  if (!loader.status().ok()) return loader.status();
  return network;
}

// With stride 2, an even number of pixels needs one zero less in front than behind. The kernel then gets a zero in
// front, which has the same effect and, other than a copy of the padded input, costs next to nothing: these kernels are
// depthwise, or belong to the stem.
Tensor EfficientNetLite0::Convolve(const Convolution& conv, const Tensor& x, bool relu6) {
  const int top = conv.stride == 2 && x.dim(1) % 2 == 0 ? 1 : 0;
  const int left = conv.stride == 2 && x.dim(2) % 2 == 0 ? 1 : 0;
  ConvGeometry geometry = ConvGeometry::Padded((conv.kernel - 1) / 2);
  geometry.stride_h = geometry.stride_w = conv.stride;
  geometry.groups = conv.groups;
  BiasActInputs inputs;
  inputs.bias = conv.bias;
  BiasActParams params;
  if (relu6) {
    params.slope = 0;
    params.clamp = kRelu6Limit;
  }
  return Conv2d(x, conv.weights[top][left], geometry, inputs, params);
}

Tensor EfficientNetLite0::Forward(const Block& block, const Tensor& x) {
  const Tensor wide = block.expands ? Convolve(block.expand, x, /*relu6=*/true) : x;
  const Tensor y = Convolve(block.project, Convolve(block.depthwise, wide, /*relu6=*/true), /*relu6=*/false);
  return block.residual ? x + y : y;
}

Tensor EfficientNetLite0::Stem(const Tensor& pixels) const {
  SG_CHECK(pixels.shape().rank() == 4 && pixels.dim(3) == 3 && pixels.dtype() == DType::kF32)
      << "[EfficientNetLite0] pixels must be f32[N,H,W,3], got " << pixels;
  return Convolve(stem_, Affine(pixels, 1 / 128.0, -127 / 128.0), /*relu6=*/true);
}

Tensor EfficientNetLite0::Features(const Tensor& pixels) const {
  Tensor x = Stem(pixels);
  for (const Block& block : blocks_) x = Forward(block, x);
  return Mean(Convolve(head_, x, /*relu6=*/true), {1, 2});
}

std::vector<Tensor> EfficientNetLite0::Taps(const Tensor& pixels) const {
  std::vector<Tensor> taps;
  Tensor x = Stem(pixels);
  for (size_t b = 0; b < blocks_.size(); ++b) {
    x = Forward(blocks_[b], x);
    if (std::find(std::begin(kTapBlocks), std::end(kTapBlocks), b) != std::end(kTapBlocks)) taps.push_back(x);
  }
  return taps;
}

}  // namespace sg::gan
