#include "gan/augment/band_filter.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shape_ops.h"
#include "gan/augment/per_image.h"
#include "gan/config/config.h"

namespace sg::gan {
namespace {

constexpr double kSym2[] = {-0.12940952255126034, 0.2241438680420134, 0.8365163037378077, 0.4829629131445341};
// The expected share of each band in the power of an image.
constexpr double kPower[kFilterBands] = {10.0 / 13, 1.0 / 13, 1.0 / 13, 1.0 / 13};

std::vector<double> Convolve(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> out(x.size() + y.size() - 1);
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < y.size(); ++j) out[i + j] += x[i] * y[j];
  }
  return out;
}

static_assert(kSmallestFilteredSize == kBandTaps / 2 + 1, "the reflection must lie within the image");

// A filter applied forward and backward, halved: symmetric.
std::vector<double> Autocorrelation(const std::vector<double>& filter) {
  std::vector<double> out = Convolve(filter, {filter.rbegin(), filter.rend()});
  for (double& value : out) value /= 2;
  return out;
}

std::vector<double> WithZerosBetween(const std::vector<double>& filter) {
  std::vector<double> out(2 * filter.size() - 1);
  for (size_t i = 0; i < filter.size(); ++i) out[2 * i] = filter[i];
  return out;
}

// The matrices [N,length,length] that filter along an axis.
Tensor Matrices(const Tensor& images, int64_t length, const std::vector<std::array<double, kBandTaps>>& filters) {
  std::vector<float> values(filters.size() * length * length);
  float* row = values.data();
  for (const std::array<double, kBandTaps>& filter : filters) {
    for (int64_t i = 0; i < length; ++i, row += length) {
      for (int t = 0; t < kBandTaps; ++t) {
        const int64_t pixel = std::abs(i + t - kBandTaps / 2);
        row[pixel < length ? pixel : 2 * (length - 1) - pixel] += static_cast<float>(filter[t]);
      }
    }
  }
  return ConstantLike(images, {static_cast<int64_t>(filters.size()), length, length}, values);
}

}  // namespace

std::array<std::array<double, kBandTaps>, kFilterBands> BandFilters() {
  const std::vector<double> low(std::begin(kSym2), std::end(kSym2));
  std::vector<double> high = low;
  for (size_t i = 1; i < high.size(); i += 2) high[i] = -high[i];
  const std::vector<double> low_pass = Autocorrelation(low), high_pass = Autocorrelation(high);
  std::vector<std::vector<double>> bands(kFilterBands, {0});
  bands[0] = {1};
  for (int added = 1; added < kFilterBands; ++added) {
    for (std::vector<double>& band : bands) band = Convolve(WithZerosBetween(band), low_pass);
    const size_t begin = (bands[added].size() - high_pass.size()) / 2;
    for (size_t i = 0; i < high_pass.size(); ++i) bands[added][begin + i] += high_pass[i];
  }
  std::array<std::array<double, kBandTaps>, kFilterBands> filters;
  for (int band = 0; band < kFilterBands; ++band) {
    SG_CHECK(bands[band].size() == filters[band].size());
    std::copy(bands[band].begin(), bands[band].end(), filters[band].begin());
  }
  return filters;
}

std::array<double, kBandTaps> FilterOf(const ImageTransform& transform) {
  static const auto bands = BandFilters();
  double gains[kFilterBands] = {1, 1, 1, 1};
  for (int band = 0; band < kFilterBands; ++band) {
    const double factor = transform.bands[band];
    const double norm = std::sqrt(1 + kPower[band] * (factor * factor - 1));
    for (int other = 0; other < kFilterBands; ++other) gains[other] *= (other == band ? factor : 1) / norm;
  }
  std::array<double, kBandTaps> filter = {};
  for (int band = 0; band < kFilterBands; ++band) {
    for (int t = 0; t < kBandTaps; ++t) filter[t] += gains[band] * bands[band][t];
  }
  return filter;
}

Tensor FilterBands(const Tensor& images, const std::vector<ImageTransform>& transforms) {
  const auto filters = [](const ImageTransform& transform) { return transform.filters(); };
  if (std::none_of(transforms.begin(), transforms.end(), filters)) return images;
  const int64_t n = images.dim(0), height = images.dim(1), width = images.dim(2), channels = images.dim(3);
  SG_CHECK(n == static_cast<int64_t>(transforms.size()) && std::min(height, width) >= kSmallestFilteredSize)
      << "[FilterBands] " << transforms.size() << " filters for images " << images << " of at least "
      << kSmallestFilteredSize << " pixels";
  std::vector<std::array<double, kBandTaps>> of_each;
  for (const ImageTransform& transform : transforms) of_each.push_back(FilterOf(transform));
  const Tensor columns = Reshape(
      MatMul(Matrices(images, height, of_each), Reshape(images, {n, height, width * channels})), images.shape());
  const Tensor turned = Reshape(Permute(columns, {0, 2, 1, 3}), {n, width, height * channels});
  const Tensor rows = Reshape(MatMul(Matrices(images, width, of_each), turned), {n, width, height, channels});
  return Permute(rows, {0, 2, 1, 3});
}

}  // namespace sg::gan
