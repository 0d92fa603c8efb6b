// Images from latents: truncation, noise modes, batches.
//
//   Sampler sampler(config.model, generator, latent_average);
//   Tensor w = sampler.MapLatents(z, /*truncation=*/0.7);
//   std::vector<Image> images = ToImages(sampler.Synthesize(w, NoiseMode::kConst, /*noise_seed=*/0));
//
// To bound the memory, make one batch at a time:
//
//   SamplerNoise noise(NoiseMode::kConst, /*noise_seed=*/0);
//   for (const Tensor& w : batches) Use(ToImages(sampler.SynthesizeBatch(w, &noise)));
#ifndef GAN_SAMPLE_SAMPLER_H_
#define GAN_SAMPLE_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/ops/random.h"
#include "gan/config/config.h"
#include "gan/image/image.h"
#include "gan/model/network.h"

namespace sg::gan {

enum class NoiseMode {
  kConst,   // the same noise for all images, a function of the seed
  kRandom,  // different noise for every image
  kNone,
};

// The noise inputs of a sequence of batches, a function of (mode, seed).
struct SamplerNoise {
  SamplerNoise(NoiseMode mode, uint64_t seed) : mode(mode), stream{seed, 0, 0} {}

  NoiseMode mode;
  RandomStream stream;  // advanced by kRandom only
};

class Sampler {
 public:
  static constexpr int64_t kMaxBatch = 16;  // images at a time by default

  Sampler(const ModelConfig& config, std::shared_ptr<const GeneratorNetwork> generator, Tensor latent_average);

  // z [N,d] -> w [config.NumLatents(),N,d], truncated.
  Tensor MapLatents(const Tensor& z, double truncation) const;
  // w [...,d] -> w_avg + truncation * (w - w_avg).
  Tensor Truncate(const Tensor& w, double truncation) const;

  // w [config.NumLatents(),N,d] -> [N,H,W,C], nominally in [0,1] for every config.image_range. Computes all N images at
  // once.
  Tensor SynthesizeBatch(const Tensor& w, SamplerNoise* noise) const;

  // Like SynthesizeBatch, but computes at most max_batch >= 1 images at a time. N >= 1.
  Tensor Synthesize(const Tensor& w, NoiseMode mode, uint64_t noise_seed, int64_t max_batch = kMaxBatch) const;

 private:
  std::vector<BlockNoise> DrawNoise(const Tensor& w, SamplerNoise* noise) const;

  ModelConfig config_;
  std::shared_ptr<const GeneratorNetwork> generator_;
  Tensor latent_average_;
};

// z [seeds.size(),d]. Row k is np.random.RandomState(seeds[k]).randn(1, d), as in NVIDIA's tools.
Tensor LatentsFromSeeds(const std::vector<uint32_t>& seeds, int64_t latent_dim, Device device);

// [N,H,W,C] in [0,1] to 8 bits, rounded and saturated. NaN becomes 0.
std::vector<Image> ToImages(const Tensor& pixels);

}  // namespace sg::gan

#endif  // GAN_SAMPLE_SAMPLER_H_
