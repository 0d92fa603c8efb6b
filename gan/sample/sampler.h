// Latents to pictures: truncation, noise modes, batches.
//
//   Sampler sampler(config.model, networks, latent_average);
//   Tensor w = sampler.MapLatents(z, /*truncation=*/0.7);
//   std::vector<Image> images = ToImages(sampler.Synthesize(w, NoiseMode::kConst, /*noise_seed=*/0));
#ifndef GAN_SAMPLE_SAMPLER_H_
#define GAN_SAMPLE_SAMPLER_H_

#include <cstdint>
#include <vector>

#include "gan/config/config.h"
#include "gan/image/image.h"
#include "gan/model/networks.h"

namespace sg::gan {

enum class NoiseMode {
  kConst,   // one noise for all images, a function of the seed
  kRandom,  // different noise for every image
  kNone,
};

class Sampler {
 public:
  // Refers to `networks`, which must outlive it.
  Sampler(const ModelConfig& config, const LatentToImage& networks, Tensor latent_average);

  // z [N,d] -> w [config.NumLatents(),N,d], truncated.
  Tensor MapLatents(const Tensor& z, double truncation) const;
  // Moves w [...,d] towards the average latent: w_avg + truncation * (w - w_avg).
  Tensor Truncate(const Tensor& w, double truncation) const;

  // w [config.NumLatents(),N,d] -> [N,R,R,3], nominally in [0,1] whatever config.image_range is. Runs at most max_batch
  // images at a time.
  Tensor Synthesize(const Tensor& w, NoiseMode mode, uint64_t noise_seed, int64_t max_batch = 16) const;

 private:
  Tensor SynthesizePart(const Tensor& w, NoiseMode mode, RandomStream* stream) const;

  ModelConfig config_;
  const LatentToImage& networks_;
  Tensor latent_average_;
};

// z [seeds.size(),d], row k being np.random.RandomState(seeds[k]).randn(1, d): the latents of NVIDIA's tools.
Tensor LatentsFromSeeds(const std::vector<uint32_t>& seeds, int64_t latent_dim, Device device);

// [N,H,W,3] in [0,1] to 8 bits, rounded and saturated; what is not a number is black.
std::vector<Image> ToImages(const Tensor& pixels);

}  // namespace sg::gan

#endif  // GAN_SAMPLE_SAMPLER_H_
