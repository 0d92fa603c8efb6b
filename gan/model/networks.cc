#include "gan/model/networks.h"

#include "engine/ops/broadcast.h"
#include "engine/ops/shape_ops.h"

namespace sg::gan {

Tensor RepeatLatent(const Tensor& w, int num_blocks) { return BroadcastTo(w, {num_blocks, w.dim(0), w.dim(1)}); }

Tensor MixLatents(const Tensor& w1, const Tensor& w2, int crossover, int num_blocks) {
  SG_CHECK(crossover >= 0 && crossover <= num_blocks) << "[MixLatents] crossover " << crossover << " of " << num_blocks;
  if (crossover == 0) return RepeatLatent(w2, num_blocks);
  if (crossover == num_blocks) return RepeatLatent(w1, num_blocks);
  return Concat({RepeatLatent(w1, crossover), RepeatLatent(w2, num_blocks - crossover)}, 0);
}

}  // namespace sg::gan
