#include "gan/metrics/sliced_wasserstein.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/parallel.h"

namespace sg::gan {
namespace {

constexpr int64_t kSmallestLevel = 16;
constexpr int kRepeats = 4, kDirections = 128;
constexpr float kBinomial[] = {1 / 16.0f, 4 / 16.0f, 6 / 16.0f, 4 / 16.0f, 1 / 16.0f};

// The pixel that a mirrored border shows at `i`, which is outside by less than the size. The edge itself is not
// repeated.
int64_t Mirrored(int64_t i, int64_t size) {
  if (i < 0) i = -i;
  return i < size ? i : 2 * (size - 1) - i;
}

// The binomial filter along both axes, times `gain`.
PyramidLevel Blurred(const PyramidLevel& x, float gain) {
  PyramidLevel rows = x, result = x;
  const int64_t side = x.side, channels = x.channels;
  for (int64_t i = 0; i < side; ++i) {
    for (int64_t j = 0; j < side; ++j) {
      for (int64_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (int k = 0; k < 5; ++k) {
          sum += kBinomial[k] * x.values[(i * side + Mirrored(j + k - 2, side)) * channels + c];
        }
        rows.values[(i * side + j) * channels + c] = sum;
      }
    }
  }
  const int64_t stride = side * channels;
  for (int64_t i = 0; i < side; ++i) {
    for (int64_t v = 0; v < stride; ++v) {
      float sum = 0;
      for (int k = 0; k < 5; ++k) sum += kBinomial[k] * rows.values[Mirrored(i + k - 2, side) * stride + v];
      result.values[i * stride + v] = gain * sum;
    }
  }
  return result;
}

PyramidLevel Halved(const PyramidLevel& x) {
  const PyramidLevel blurred = Blurred(x, 1);
  PyramidLevel half = {x.side / 2, x.channels, {}};
  for (int64_t i = 0; i < half.side; ++i) {
    for (int64_t j = 0; j < half.side; ++j) {
      const float* from = &blurred.values[(2 * i * x.side + 2 * j) * x.channels];
      half.values.insert(half.values.end(), from, from + x.channels);
    }
  }
  return half;
}

PyramidLevel Doubled(const PyramidLevel& x) {
  PyramidLevel spread = {2 * x.side, x.channels, std::vector<float>(4 * x.values.size())};
  for (int64_t i = 0; i < x.side; ++i) {
    for (int64_t j = 0; j < x.side; ++j) {
      for (int64_t c = 0; c < x.channels; ++c) {
        spread.values[(2 * i * spread.side + 2 * j) * x.channels + c] = x.values[(i * x.side + j) * x.channels + c];
      }
    }
  }
  return Blurred(spread, 4);  // a quarter of the pixels is not zero
}

bool IsPyramidSide(int64_t side) { return side >= kSmallestLevel && (side & (side - 1)) == 0; }

// `count` random unit vectors of `dim` elements, drawn as NumPy's randn(dim, count).
std::vector<std::vector<float>> RandomDirections(int64_t dim, int count, NumpyRandomState* random) {
  const std::vector<double> drawn = random->RandN(dim * count);
  std::vector<std::vector<float>> directions;
  for (int d = 0; d < count; ++d) {
    double squares = 0;
    for (int64_t k = 0; k < dim; ++k) squares += drawn[k * count + d] * drawn[k * count + d];
    std::vector<float> direction;
    for (int64_t k = 0; k < dim; ++k)
      direction.push_back(static_cast<float>(drawn[k * count + d] / std::sqrt(squares)));
    directions.push_back(std::move(direction));
  }
  return directions;
}

// A projection and the row that it is of.
struct Projected {
  float value;
  int32_t row;
  friend bool operator<(const Projected& a, const Projected& b) { return a.value < b.value; }
};

std::vector<Projected> SortedProjections(absl::Span<const float> rows, const std::vector<float>& direction) {
  const size_t dim = direction.size();
  std::vector<Projected> projected(rows.size() / dim);
  for (size_t i = 0; i < projected.size(); ++i) {
    float sum = 0;
    for (size_t k = 0; k < dim; ++k) sum += rows[i * dim + k] * direction[k];
    projected[i] = {sum, static_cast<int32_t>(i)};
  }
  std::sort(projected.begin(), projected.end());
  return projected;
}

double MeanDifference(const std::vector<Projected>& a, const std::vector<Projected>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::fabs(static_cast<double>(a[i].value) - b[i].value);
  return sum / static_cast<double>(a.size());
}

// The same if each row counts as often as its image. Both sets have the same total count.
double WeightedMeanDifference(const std::vector<Projected>& a, const std::vector<int>& a_counts,
                              const std::vector<Projected>& b, const std::vector<int>& b_counts) {
  double sum = 0;
  size_t i = 0, j = 0;
  int left_a = 0, left_b = 0;
  const auto next = [](const std::vector<Projected>& rows, const std::vector<int>& counts, size_t* at, int* left) {
    while (*left == 0 && *at < rows.size()) *left = counts[rows[(*at)++].row / kPatchesPerImage];
    return *left > 0;
  };
  while (next(a, a_counts, &i, &left_a) && next(b, b_counts, &j, &left_b)) {
    const int taken = std::min(left_a, left_b);
    sum += taken * std::fabs(static_cast<double>(a[i - 1].value) - b[j - 1].value);
    left_a -= taken;
    left_b -= taken;
  }
  return sum / static_cast<double>(a.size());
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<PyramidLevel> LaplacianPyramid(const Image& image) {
  SG_CHECK(image.width == image.height && IsPyramidSide(image.width))
      << "[LaplacianPyramid] an image of " << image.width << "x" << image.height;
  std::vector<PyramidLevel> levels = {{image.width, image.channels, {image.pixels.begin(), image.pixels.end()}}};
  while (levels.back().side > kSmallestLevel) {
    levels.push_back(Halved(levels.back()));
    PyramidLevel& finer = levels[levels.size() - 2];
    const PyramidLevel smooth = Doubled(levels.back());
    for (size_t i = 0; i < finer.values.size(); ++i) finer.values[i] -= smooth.values[i];
  }
  return levels;
}

double SlicedWassersteinDistance(absl::Span<const float> a, absl::Span<const float> b, int64_t dim, int repeats,
                                 int directions, NumpyRandomState* random) {
  SG_CHECK(a.size() == b.size() && !a.empty() && static_cast<int64_t>(a.size()) % dim == 0)
      << "[SlicedWassersteinDistance] " << a.size() << " and " << b.size() << " values of rows of " << dim;
  std::vector<std::vector<float>> all;
  for (int r = 0; r < repeats; ++r) {
    for (std::vector<float>& d : RandomDirections(dim, directions, random)) all.push_back(std::move(d));
  }
  std::vector<double> distances(all.size());
  ForEachInParallel(static_cast<int>(all.size()), [&](int d) {
    distances[d] = MeanDifference(SortedProjections(a, all[d]), SortedProjections(b, all[d]));
  });
  return Mean(distances);
}

PatchCollector::PatchCollector(const ImageSpec& spec, uint64_t seed) : spec_(spec), random_(seed) {
  SG_CHECK(spec.width == spec.height && IsPyramidSide(spec.width))
      << "[PatchCollector] images of " << spec.width << "x" << spec.height;
  for (int64_t side = spec.width; side >= kSmallestLevel; side /= 2) levels_.emplace_back();
}

void PatchCollector::Add(const Image& image) {
  const std::vector<PyramidLevel> pyramid = LaplacianPyramid(image);
  for (size_t l = 0; l < pyramid.size(); ++l) {
    const PyramidLevel& level = pyramid[l];
    const int64_t row = kPatchSide * level.channels;
    for (int p = 0; p < kPatchesPerImage; ++p) {
      const int64_t y = RandomBelow(level.side - kPatchSide + 1, &random_);
      const int64_t x = RandomBelow(level.side - kPatchSide + 1, &random_);
      for (int64_t r = 0; r < kPatchSide; ++r) {
        const float* from = &level.values[((y + r) * level.side + x) * level.channels];
        levels_[l].insert(levels_[l].end(), from, from + row);
      }
    }
  }
  ++images_;
}

std::vector<float> PatchCollector::Normalized(int level) const {
  std::vector<float> values = levels_[level];
  const auto channels = static_cast<size_t>(spec_.channels);
  const double count = static_cast<double>(values.size()) / static_cast<double>(channels);
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < values.size(); i += channels) sum += values[i];
    const double mean = sum / count;
    for (size_t i = c; i < values.size(); i += channels) squares += (values[i] - mean) * (values[i] - mean);
    const double deviation = std::sqrt(squares / count);
    // A channel without any difference stays zero.
    const double scale = deviation > 0 ? 1 / deviation : 0;
    for (size_t i = c; i < values.size(); i += channels) values[i] = static_cast<float>((values[i] - mean) * scale);
  }
  return values;
}

std::vector<Estimate> EstimateSlicedWasserstein(const PatchCollector& reals, const PatchCollector& fakes,
                                                int replicates, uint32_t seed) {
  const int64_t images = fakes.images();
  SG_CHECK(images >= 2 && reals.images() == images && reals.levels() == fakes.levels())
      << "[SlicedWasserstein] " << reals.images() << " and " << images << " images";
  constexpr double kScale = 1000;
  std::mt19937_64 random(seed);
  const auto draw = [&] {
    std::vector<int> counts(images);
    for (int64_t i = 0; i < images; ++i) ++counts[RandomBelow(images, &random)];
    return counts;
  };
  std::vector<std::vector<int>> real_counts, fake_counts;
  for (int r = 0; r < replicates; ++r) {
    real_counts.push_back(draw());
    fake_counts.push_back(draw());
  }
  std::vector<Estimate> estimates;
  std::vector<double> mean_replicates(replicates);
  double mean = 0;
  for (int level = 0; level < fakes.levels(); ++level) {
    const std::vector<float> a = reals.Normalized(level), b = fakes.Normalized(level);
    NumpyRandomState numbers(seed);
    const double distance = kScale * SlicedWassersteinDistance(a, b, fakes.dim(), kRepeats, kDirections, &numbers);
    const std::vector<std::vector<float>> directions = RandomDirections(fakes.dim(), kDirections, &numbers);
    std::vector<std::vector<double>> by_direction(directions.size());
    ForEachInParallel(kDirections, [&](int d) {
      const std::vector<Projected> x = SortedProjections(a, directions[d]), y = SortedProjections(b, directions[d]);
      for (int r = 0; r < replicates; ++r) {
        by_direction[d].push_back(kScale * WeightedMeanDifference(x, real_counts[r], y, fake_counts[r]));
      }
    });
    std::vector<double> level_replicates(replicates);
    for (int r = 0; r < replicates; ++r) {
      for (const std::vector<double>& distances : by_direction) level_replicates[r] += distances[r] / kDirections;
      mean_replicates[r] += level_replicates[r] / fakes.levels();
    }
    estimates.push_back(EstimateOf(distance, level_replicates, /*scale=*/1));
    mean += distance / fakes.levels();
  }
  estimates.push_back(EstimateOf(mean, mean_replicates, /*scale=*/1));
  return estimates;
}

}  // namespace sg::gan
