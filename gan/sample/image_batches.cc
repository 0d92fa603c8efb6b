#include "gan/sample/image_batches.h"

#include <algorithm>

#include "engine/ops/shape_ops.h"

namespace sg::gan {

absl::Status SynthesizeInBatches(const Sampler& sampler, int64_t count, const MapPart& map, SamplerNoise noise,
                                 const TakeImages& take) {
  for (int64_t begin = 0; begin < count; begin += kMappedAtOnce) {
    const int64_t mapped = std::min(kMappedAtOnce, count - begin);
    const Tensor w = map(begin, mapped);
    for (int64_t i = 0; i < mapped; i += Sampler::kMaxBatch) {
      const Tensor batch = Narrow(w, 1, i, std::min(Sampler::kMaxBatch, mapped - i));
      const absl::Status taken = take(sampler.SynthesizeBatch(batch, &noise));
      if (!taken.ok()) return taken;
    }
  }
  return absl::OkStatus();
}

}  // namespace sg::gan
