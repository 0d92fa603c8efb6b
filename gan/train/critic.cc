#include "gan/train/critic.h"

#include "engine/ops/shape_ops.h"

namespace sg::gan {

Tensor Critic::Scores(const Tensor& images) const { return discriminator_.Forward(images); }

Critic::Pair Critic::Scores(const Tensor& fake, const Tensor& real) const {
  const int64_t n = fake.dim(0);
  const Tensor scores = discriminator_.Forward(Concat({fake, real}, 0), /*batches=*/2);
  return {Narrow(scores, 0, 0, n), Narrow(scores, 0, n, n)};
}

}  // namespace sg::gan
