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
  kConst,   // the same noise for all images: that of the network if it holds some (noise_const), else of the seed
  kRandom,  // different noise for every image
  kNone,
};

// How far w moves towards the average: w_avg + psi * (w - w_avg).
struct Truncation {
  double psi = 1;
  int cutoff = 0;  // entries of w that move, from the first; 0: all
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

  // z [N,latent_dim] -> w [config.NumLatents(),N,WDim()], truncated. `labels` [N,label_dim] is undefined if the model
  // has none.
  Tensor MapLatents(const Tensor& z, const Tensor& labels, const Truncation& truncation) const;
  Tensor MapLatents(const Tensor& z, double truncation) const { return MapLatents(z, Tensor(), {truncation}); }
  // w [config.NumLatents(),N,WDim()], truncated.
  Tensor Truncate(const Tensor& w, const Truncation& truncation) const;
  // w [...,WDim()] -> w_avg + truncation * (w - w_avg).
  Tensor Truncate(const Tensor& w, double truncation) const;

  // w [config.NumLatents(),N,d] -> [N,H,W,C], nominally in [0,1] for every config.image_range. Computes all N images at
  // once.
  Tensor SynthesizeBatch(const Tensor& w, SamplerNoise* noise) const;

  // Like SynthesizeBatch, but computes at most max_batch >= 1 images at a time. N >= 1.
  Tensor Synthesize(const Tensor& w, NoiseMode mode, uint64_t noise_seed, int64_t max_batch = kMaxBatch) const;

 private:
  std::vector<BlockNoise> DrawNoise(const Tensor& w, SamplerNoise* noise) const;
  // [1,r,r,1] each.
  std::vector<BlockNoise> ConstantNoise(const Tensor& w, const SamplerNoise& noise) const;

  ModelConfig config_;
  std::shared_ptr<const GeneratorNetwork> generator_;
  Tensor latent_average_;
};

// [n,label_dim]: every row says that the image is of class `index`, from 0 to label_dim - 1.
Tensor ClassLabels(int index, int64_t n, int64_t label_dim, Device device);

// z [seeds.size(),latent_dim]. Row k is np.random.RandomState(seeds[k]).randn(1, d), as in NVIDIA's tools.
Tensor LatentsFromSeeds(const std::vector<uint32_t>& seeds, int64_t latent_dim, Device device);

// [N,H,W,C] in [0,1] to 8 bits, rounded and saturated. NaN becomes 0.
std::vector<Image> ToImages(const Tensor& pixels);

}  // namespace sg::gan

#endif  // GAN_SAMPLE_SAMPLER_H_
