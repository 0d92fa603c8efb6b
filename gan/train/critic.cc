#include "gan/train/critic.h"

#include "engine/ops/shape_ops.h"
#include "gan/augment/augment_images.h"

namespace sg::gan {

Tensor Critic::Scores(const Tensor& images, const Tensor& labels) const {
  return state_.discriminator->Forward(Augment(images), labels, /*batches=*/1);
}

Critic::Pair Critic::Scores(const Labeled& fake, const Labeled& real) const {
  const int64_t n = fake.images.dim(0);
  Tensor labels;
  if (fake.labels.defined()) labels = Concat({fake.labels, real.labels}, 0);
  const Tensor scores =
      state_.discriminator->Forward(Augment(Concat({fake.images, real.images}, 0)), labels, /*batches=*/2);
  return {Narrow(scores, 0, 0, n), Narrow(scores, 0, n, n)};
}

Tensor Critic::Augment(const Tensor& images) const {
  return AugmentImages(images, config_, state_.AugmentP(config_), &state_.streams.augment);
}

}  // namespace sg::gan
