#include "gan/metrics/ms_ssim.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr double kWeights[kMsSsimScales] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
constexpr int64_t kWindow = 11;
constexpr double kSigma = 1.5, kK1 = 0.01, kK2 = 0.03, kRange = 255;

// [height,width,channels]
struct Plane {
  int64_t height, width, channels;
  std::vector<double> values;
};

Plane PlaneOf(const Image& image) {
  return {image.height, image.width, image.channels, {image.pixels.begin(), image.pixels.end()}};
}

std::vector<double> Window(int64_t size) {
  const double sigma = kSigma * static_cast<double>(size) / kWindow;
  std::vector<double> window(size);
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) {
    const double x = static_cast<double>(i) - static_cast<double>(size - 1) / 2;
    window[i] = std::exp(-x * x / (2 * sigma * sigma));
    sum += window[i];
  }
  for (double& w : window) w /= sum;
  return window;
}

// The means under the window wherever it lies inside: [height - size + 1, width - size + 1, channels].
Plane Filtered(const Plane& p, const std::vector<double>& window) {
  const auto size = static_cast<int64_t>(window.size());
  const Plane empty = {p.height, p.width - size + 1, p.channels, {}};
  Plane rows = empty;
  rows.values.resize(rows.height * rows.width * p.channels);
  for (int64_t y = 0; y < rows.height; ++y) {
    for (int64_t i = 0; i < rows.width * p.channels; ++i) {
      double sum = 0;
      for (int64_t k = 0; k < size; ++k) sum += window[k] * p.values[y * p.width * p.channels + i + k * p.channels];
      rows.values[y * rows.width * p.channels + i] = sum;
    }
  }
  const int64_t stride = rows.width * p.channels;
  Plane result = {p.height - size + 1, rows.width, p.channels, {}};
  result.values.resize(result.height * stride);
  for (int64_t i = 0; i < result.height * stride; ++i) {
    for (int64_t k = 0; k < size; ++k) result.values[i] += window[k] * rows.values[i + k * stride];
  }
  return result;
}

Plane Product(const Plane& a, const Plane& b) {
  Plane product = a;
  for (size_t i = 0; i < product.values.size(); ++i) product.values[i] *= b.values[i];
  return product;
}

Plane Halved(const Plane& p) {
  Plane half = {p.height / 2, p.width / 2, p.channels, {}};
  const int64_t row = p.width * p.channels;
  for (int64_t y = 0; y < half.height; ++y) {
    for (int64_t x = 0; x < half.width; ++x) {
      for (int64_t c = 0; c < p.channels; ++c) {
        const double* v = &p.values[2 * y * row + 2 * x * p.channels + c];
        half.values.push_back((v[0] + v[p.channels] + v[row] + v[row + p.channels]) / 4);
      }
    }
  }
  return half;
}

struct Similarity {
  double ssim, contrast;
};

Similarity Compare(const Plane& a, const Plane& b) {
  const std::vector<double> window = Window(std::min({kWindow, a.height, a.width}));
  const Plane mean_a = Filtered(a, window), mean_b = Filtered(b, window);
  const Plane aa = Filtered(Product(a, a), window), bb = Filtered(Product(b, b), window);
  const Plane ab = Filtered(Product(a, b), window);
  const double c1 = kK1 * kRange * kK1 * kRange, c2 = kK2 * kRange * kK2 * kRange;
  Similarity sums = {0, 0};
  for (size_t i = 0; i < ab.values.size(); ++i) {
    const double ma = mean_a.values[i], mb = mean_b.values[i];
    const double contrast =
        (2 * (ab.values[i] - ma * mb) + c2) / (aa.values[i] - ma * ma + bb.values[i] - mb * mb + c2);
    sums.contrast += contrast;
    sums.ssim += contrast * (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
  }
  const auto count = static_cast<double>(ab.values.size());
  return {sums.ssim / count, sums.contrast / count};
}

}  // namespace

double MsSsim(const Image& a, const Image& b, int scales) {
  SG_CHECK(scales >= 1 && scales <= kMsSsimScales && a.width == b.width && a.height == b.height &&
           a.channels == b.channels && a.width > 0 && a.width % (1 << (scales - 1)) == 0 && a.height > 0 &&
           a.height % (1 << (scales - 1)) == 0)
      << "[MsSsim] " << a.width << "x" << a.height << " and " << b.width << "x" << b.height << " at " << scales
      << " scales";
  Plane x = PlaneOf(a), y = PlaneOf(b);
  double product = 1;
  for (int s = 0; s < scales; ++s) {
    const Similarity similarity = Compare(x, y);
    const double term = s + 1 < scales ? similarity.contrast : similarity.ssim;
    product *= std::pow(std::max(0.0, term), kWeights[s]);
    x = Halved(x);
    y = Halved(y);
  }
  return product;
}

}  // namespace sg::gan
