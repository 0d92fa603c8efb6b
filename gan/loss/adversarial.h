// The adversarial losses. Scores are [N,1], losses are scalars, differentiable to any order.
//
//              D on real images              D on fakes                  G
// "hinge":     mean(relu(1 - D(real)))       mean(relu(1 + D(fake)))     -mean(D(fake))
// "logistic":  mean(softplus(-D(real)))      mean(softplus(D(fake)))     mean(softplus(-D(fake)))   (non-saturating)
//
// The discriminator's loss is the sum of its two; apart, so that one's graph can go before the other's is built.
#ifndef GAN_LOSS_ADVERSARIAL_H_
#define GAN_LOSS_ADVERSARIAL_H_

#include <string>

#include "engine/tensor/tensor.h"

namespace sg::gan {

// `loss` is "hinge" or "logistic".
Tensor RealLoss(const std::string& loss, const Tensor& real_scores);
Tensor FakeLoss(const std::string& loss, const Tensor& fake_scores);
Tensor GeneratorLoss(const std::string& loss, const Tensor& fake_scores);

}  // namespace sg::gan

#endif  // GAN_LOSS_ADVERSARIAL_H_
