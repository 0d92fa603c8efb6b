// The adversarial losses. Scores are [N,1], losses are scalars, differentiable to any order.
//
// "hinge":    D: mean(relu(1 - D(real))) + mean(relu(1 + D(fake)))      G: -mean(D(fake))
// "logistic": D: mean(softplus(-D(real))) + mean(softplus(D(fake)))     G: mean(softplus(-D(fake)))   (non-saturating)
#ifndef GAN_LOSS_ADVERSARIAL_H_
#define GAN_LOSS_ADVERSARIAL_H_

#include <string>

#include "engine/tensor/tensor.h"

namespace sg::gan {

// `loss` is "hinge" or "logistic".
Tensor DiscriminatorLoss(const std::string& loss, const Tensor& real_scores, const Tensor& fake_scores);
Tensor GeneratorLoss(const std::string& loss, const Tensor& fake_scores);

}  // namespace sg::gan

#endif  // GAN_LOSS_ADVERSARIAL_H_
