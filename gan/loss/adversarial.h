// The adversarial losses. Scores are [N,1], losses are scalars. Differentiable to any order.
//
//              D on real images              D on fakes                  G
// kHinge:      mean(relu(1 - D(real)))       mean(relu(1 + D(fake)))     -mean(D(fake))
// kLogistic:   mean(softplus(-D(real)))      mean(softplus(D(fake)))     mean(softplus(-D(fake)))   (non-saturating)
//
// The discriminator's loss is the sum of RealLoss and FakeLoss. Since they are separate functions, the caller can free
// the graph of one before it builds that of the other.
//
//   Tensor loss = Add(RealLoss(AdversarialLoss::kHinge, real_scores), FakeLoss(AdversarialLoss::kHinge, fake_scores));
//
// kRelativistic is a function of pairs, RelativisticLoss, and has none of the three.
#ifndef GAN_LOSS_ADVERSARIAL_H_
#define GAN_LOSS_ADVERSARIAL_H_

#include "engine/tensor/tensor.h"
#include "gan/config/enums.h"

namespace sg::gan {

// One-sided label smoothing (Salimans et al., "Improved techniques for training GANs", 2016), of kLogistic alone: a
// real image is to be called real with the probability 1 - label_smoothing. The loss of a score s is the cross-entropy
// (1 - label_smoothing) softplus(-s) + label_smoothing softplus(s), which equals softplus(-s) + label_smoothing s. The
// other losses have no probabilities and do not use it.
Tensor RealLoss(AdversarialLoss loss, const Tensor& real_scores, double label_smoothing = 0);
Tensor FakeLoss(AdversarialLoss loss, const Tensor& fake_scores);
Tensor GeneratorLoss(AdversarialLoss loss, const Tensor& fake_scores);

// mean(softplus(lower - higher)) over pairs of images, which have the same index: the loss of whoever wants the scores
// `higher` above the scores `lower` (Jolicoeur-Martineau, "The relativistic discriminator", 2018; R3GAN: Huang et al.,
// "The GAN is dead; long live the GAN!", 2024). The discriminator's is RelativisticLoss(D(real), D(fake)), the
// generator's RelativisticLoss(D(fake), D(real)).
Tensor RelativisticLoss(const Tensor& higher, const Tensor& lower);

}  // namespace sg::gan

#endif  // GAN_LOSS_ADVERSARIAL_H_
