#include "gan/model/common/latents.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {

Tensor RepeatLatent(const Tensor& w, int num_latents) { return BroadcastTo(w, {num_latents, w.dim(0), w.dim(1)}); }

Tensor MixLatents(const Tensor& w1, const Tensor& w2, int crossover, int num_latents) {
  SG_CHECK(crossover >= 0 && crossover <= num_latents)
      << "[MixLatents] crossover " << crossover << " of " << num_latents;
  if (crossover == 0) return RepeatLatent(w2, num_latents);
  if (crossover == num_latents) return RepeatLatent(w1, num_latents);
  return Concat({RepeatLatent(w1, crossover), RepeatLatent(w2, num_latents - crossover)}, 0);
}

}  // namespace sg::gan
