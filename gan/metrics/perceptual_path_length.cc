#include "gan/metrics/perceptual_path_length.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"

namespace sg::gan {
namespace {

constexpr double kEpsilon = 1e-4;    // of the step in w
constexpr double kTinyNorm = 1e-10;  // keeps positions without any activation finite
constexpr int64_t kLargestSide = 256;
constexpr uint64_t kLatentStream = 0;

Tensor UnitLength(const Tensor& tap) {
  return Div(tap, Affine(Sqrt(Sum(Square(tap), {3}, /*keep_dims=*/true)), 1, kTinyNorm));
}

// Means over squares of pixels, which bring the image down to at most kLargestSide.
Tensor Reduced(const Tensor& pixels) {
  const int64_t factor = pixels.dim(1) / kLargestSide;
  if (factor < 2) return pixels;
  const int64_t n = pixels.dim(0), height = pixels.dim(1) / factor, width = pixels.dim(2) / factor;
  const Tensor columns = Mean(Reshape(pixels, {n * height * factor, width, factor, 3}), {2});
  return Reshape(Mean(Reshape(columns, {n * height, factor, width, 3}), {1}), {n, height, width, 3});
}

}  // namespace

Tensor PerceptualDistance(const EfficientNetLite0& network, const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> x = network.Taps(a), y = network.Taps(b);
  Tensor sum;
  for (size_t t = 0; t < x.size(); ++t) {
    const Tensor distance = Mean(Square(UnitLength(x[t]) - UnitLength(y[t])), {1, 2, 3});
    sum = sum.defined() ? sum + distance : distance;
  }
  return sum;
}

PathLengthSampler::PathLengthSampler(const EfficientNetLite0& network, const Sampler& sampler, int64_t latent_dim,
                                     uint64_t seed)
    : network_(network),
      sampler_(sampler),
      latent_dim_(latent_dim),
      latents_{seed, kLatentStream, 0},
      noise_(NoiseMode::kRandom, seed + 1) {}

Tensor PathLengthSampler::Pixels(const Tensor& w, SamplerNoise* noise) const {
  const Tensor pixels = Reduced(Scale(sampler_.SynthesizeBatch(w, noise), 255));
  return pixels.dim(3) == 1 ? Concat({pixels, pixels, pixels}, 3) : pixels;
}

std::vector<double> PathLengthSampler::Next(int64_t count, const Tensor& labels) {
  const RecordScope no_record(false);
  const Tensor z = RandomNormal({2 * count, latent_dim_}, DType::kF32, network_.device(), &latents_);
  const Tensor w = sampler_.MapLatents(z, labels.defined() ? Concat({labels, labels}, 0) : labels, Truncation());
  const Tensor from = Narrow(w, 1, 0, count), to = Narrow(w, 1, count, count);
  SamplerNoise same = noise_;
  const Tensor a = Pixels(from, &noise_), b = Pixels(AddScaled(from, 1 - kEpsilon, to, kEpsilon), &same);
  std::vector<double> lengths;
  for (const float distance : PerceptualDistance(network_, a, b).ToHost<float>()) {
    lengths.push_back(static_cast<double>(distance) / (kEpsilon * kEpsilon));
  }
  return lengths;
}

Estimate EstimatePathLength(std::vector<double> lengths, int replicates, std::mt19937_64* random) {
  SG_CHECK(!lengths.empty()) << "[EstimatePathLength] no lengths";
  std::sort(lengths.begin(), lengths.end());
  // The percentiles are taken from the lengths themselves, outward, and belong to the part that counts.
  const auto last = static_cast<double>(lengths.size() - 1);
  const auto begin = static_cast<size_t>(std::floor(0.01 * last)), end = static_cast<size_t>(std::ceil(0.99 * last));
  return BootstrapMean(absl::MakeConstSpan(lengths).subspan(begin, end - begin + 1), replicates, random);
}

}  // namespace sg::gan
