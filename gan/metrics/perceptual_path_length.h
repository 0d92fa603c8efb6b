// The perceptual path length PPL (Karras et al. 2019, 2020): how much an image changes, as a feature network sees it,
// for a small step from one latent w towards another. This is the variant of StyleGAN2's tables, at the ends of paths
// in w, without a crop. The features are those of EfficientNet-Lite0, so the numbers do not compare with LPIPS.
//
//   PathLengthSampler paths(network, sampler, latent_dim, /*seed=*/0);
//   std::vector<double> lengths = paths.Next(16);  // as often as needed
//   const Estimate ppl = EstimatePathLength(lengths, /*replicates=*/1000, &random);
#ifndef GAN_METRICS_PERCEPTUAL_PATH_LENGTH_H_
#define GAN_METRICS_PERCEPTUAL_PATH_LENGTH_H_

#include <cstdint>
#include <random>
#include <vector>

#include "engine/ops/random.h"
#include "engine/tensor/tensor.h"
#include "gan/metrics/estimate.h"
#include "gan/metrics/features/efficientnet_lite0.h"
#include "gan/sample/sampler.h"

namespace sg::gan {

// The distance of two images in the network's taps, for each pair [N]: every position of a tap is scaled to unit
// length, and the mean squared difference of a tap is summed over the taps. Pixels [N,H,W,3] from 0 to 255.
// Differentiable.
Tensor PerceptualDistance(const EfficientNetLite0& network, const Tensor& a, const Tensor& b);

class PathLengthSampler {
 public:
  // Both must outlive this object.
  PathLengthSampler(const EfficientNetLite0& network, const Sampler& sampler, int64_t latent_dim, uint64_t seed);

  // PerceptualDistance / eps^2 of `count` new pairs of images, for eps = 1e-4. The two images of a pair have the same
  // noise and the same label, of `labels` [count,label_dim], which are undefined for a model without labels. Images
  // larger than 256 pixels are reduced to 256 by means.
  std::vector<double> Next(int64_t count, const Tensor& labels);

 private:
  Tensor Pixels(const Tensor& w, SamplerNoise* noise) const;

  const EfficientNetLite0& network_;
  const Sampler& sampler_;
  const int64_t latent_dim_;
  RandomStream latents_;
  SamplerNoise noise_;
};

// The mean of those between the 1st and the 99th percentile. At least one length.
Estimate EstimatePathLength(std::vector<double> lengths, int replicates, std::mt19937_64* random);

}  // namespace sg::gan

#endif  // GAN_METRICS_PERCEPTUAL_PATH_LENGTH_H_
