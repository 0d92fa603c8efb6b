#include "gan/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/check.h"
#include "gan/image/alpha.h"

namespace sg::gan {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // 8 bits of sample, 2 for the overshoot of the negative lobes
constexpr double kLobes = 3.0;

double Sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= M_PI;
  return std::sin(x) / x;
}

double Lanczos(double x) { return x >= -kLobes && x < kLobes ? Sinc(x) * Sinc(x / kLobes) : 0.0; }

// The input samples [first, first + weights.size()) that contribute to one output sample.
struct Taps {
  int first;
  std::vector<int32_t> weights;
};

// Built with -ffp-contract=off, since a fused multiply-add could change how a weight is rounded.
std::vector<Taps> MakeTaps(int in_size, int out_size) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double inverse_filter_scale = 1.0 / filter_scale;
  const double support = kLobes * filter_scale;
  std::vector<Taps> taps(out_size);
  std::vector<double> weights;
  for (int i = 0; i < out_size; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int last = std::min(static_cast<int>(center + support + 0.5), in_size);
    weights.clear();
    double sum = 0.0;
    for (int x = 0; x < last - first; ++x) {
      weights.push_back(Lanczos((x + first - center + 0.5) * inverse_filter_scale));
      sum += weights.back();
    }
    taps[i].first = first;
    for (double weight : weights) {
      if (sum != 0.0) weight /= sum;
      taps[i].weights.push_back(static_cast<int32_t>(weight * (1 << kPrecisionBits) + (weight < 0 ? -0.5 : 0.5)));
    }
  }
  return taps;
}

uint8_t RoundToByte(int32_t fixed) { return static_cast<uint8_t>(std::clamp(fixed >> kPrecisionBits, 0, 255)); }

Image ResizeRows(const Image& image, int width) {
  Image out{width, image.height, image.channels, {}};
  const size_t channels = image.channels;
  out.pixels.resize(static_cast<size_t>(width) * image.height * channels);
  const std::vector<Taps> taps = MakeTaps(image.width, width);
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* row = image.pixels.data() + static_cast<size_t>(y) * image.width * channels;
    for (const Taps& tap : taps) {
      for (size_t c = 0; c < channels; ++c) {
        const uint8_t* from = row + tap.first * channels + c;
        int32_t sum = 1 << (kPrecisionBits - 1);
        for (int32_t weight : tap.weights) {
          sum += *from * weight;
          from += channels;
        }
        *to++ = RoundToByte(sum);
      }
    }
  }
  return out;
}

Image ResizeColumns(const Image& image, int height) {
  Image out{image.width, height, image.channels, {}};
  const size_t row_bytes = static_cast<size_t>(image.width) * image.channels;
  out.pixels.resize(row_bytes * height);
  const std::vector<Taps> taps = MakeTaps(image.height, height);
  std::vector<int32_t> sums(row_bytes);
  for (int y = 0; y < height; ++y) {
    const Taps& tap = taps[y];
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    const uint8_t* from = image.pixels.data() + tap.first * row_bytes;
    for (int32_t weight : tap.weights) {
      for (size_t i = 0; i < row_bytes; ++i) sums[i] += from[i] * weight;
      from += row_bytes;
    }
    uint8_t* to = out.pixels.data() + y * row_bytes;
    for (size_t i = 0; i < row_bytes; ++i) to[i] = RoundToByte(sums[i]);
  }
  return out;
}

}  // namespace

Image CenterCrop(const Image& image, const Aspect& aspect) {
  const PartSize part = LargestPart(image.width, image.height, aspect);
  if (part.width == image.width && part.height == image.height) return image;
  const size_t channels = image.channels;
  const size_t left = (image.width - part.width) / 2;
  const size_t top = (image.height - part.height) / 2;
  Image out{part.width, part.height, image.channels, {}};
  const size_t row_bytes = part.width * channels;
  out.pixels.resize(row_bytes * part.height);
  for (int y = 0; y < part.height; ++y) {
    std::memcpy(out.pixels.data() + y * row_bytes, &image.pixels[((top + y) * image.width + left) * channels],
                row_bytes);
  }
  return out;
}

Image MirrorHorizontally(const Image& image) {
  Image out = image;
  const size_t channels = image.channels;
  const uint8_t* from = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    uint8_t* row = out.pixels.data() + static_cast<size_t>(y) * image.width * channels;
    for (int x = image.width - 1; x >= 0; --x, from += channels) std::memcpy(row + x * channels, from, channels);
  }
  return out;
}

Image ResizeLanczos(const Image& image, int width, int height) {
  SG_CHECK(width > 0 && height > 0 && image.width > 0 && image.height > 0)
      << "[ResizeLanczos] " << image.width << "x" << image.height << " to " << width << "x" << height;
  if (width == image.width && height == image.height) return image;
  const auto filter = [width, height](const Image& from) {
    const Image rows = width == from.width ? from : ResizeRows(from, width);
    return height == rows.height ? rows : ResizeColumns(rows, height);
  };
  if (image.channels % 2 != 0) return filter(image);
  Image premultiplied = image;
  PremultiplyAlpha(image.channels, int64_t{image.width} * image.height, premultiplied.pixels.data());
  Image out = filter(premultiplied);
  UnpremultiplyAlpha(out.channels, int64_t{width} * height, out.pixels.data());
  return out;
}

}  // namespace sg::gan
