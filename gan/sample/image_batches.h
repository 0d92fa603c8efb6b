// The images of many latents, a batch after the other, so that the memory does not grow with their number.
//
//   const auto map = [&](int64_t begin, int64_t count) { return sampler.MapLatents(Narrow(z, 0, begin, count), 0.7); };
//   absl::Status status = SynthesizeInBatches(sampler, z.dim(0), map, SamplerNoise(NoiseMode::kConst, 0), Write);
#ifndef GAN_SAMPLE_IMAGE_BATCHES_H_
#define GAN_SAMPLE_IMAGE_BATCHES_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "gan/sample/sampler.h"

namespace sg::gan {

// Latents w in memory at a time, in whole batches. The bits of w may depend on how many are mapped together, so
// whatever must give the pictures of `generate` maps in these parts.
inline constexpr int64_t kMappedAtOnce = 64 * Sampler::kMaxBatch;

// w [num_latents,count,d] of the latents [begin, begin + count). Called once for each part of kMappedAtOnce, in order.
using MapPart = std::function<Tensor(int64_t begin, int64_t count)>;
// Takes the next images, [n,H,W,C] as Sampler::SynthesizeBatch makes them. An error ends the work.
using TakeImages = std::function<absl::Status(const Tensor& pixels)>;

// Makes `count` >= 0 images, Sampler::kMaxBatch at a time. Returns the first error of `take`.
absl::Status SynthesizeInBatches(const Sampler& sampler, int64_t count, const MapPart& map, SamplerNoise noise,
                                 const TakeImages& take);

}  // namespace sg::gan

#endif  // GAN_SAMPLE_IMAGE_BATCHES_H_
