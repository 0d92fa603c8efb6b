// R1 (Mescheder et al., "Which training methods for GANs do actually converge?", 2018), the annotated code's
// GradientPenalty: the mean over images of || d sum(D(x)) / dx ||^2, on real images.
#ifndef GAN_LOSS_R1_PENALTY_H_
#define GAN_LOSS_R1_PENALTY_H_

#include "engine/tensor/tensor.h"

namespace sg::gan {

// `scores` [N,1] were computed from the tracked `images` [N,H,W,C]. A scalar, recorded: its gradient with respect to
// the discriminator's parameters is the second derivative that training needs.
Tensor R1Penalty(const Tensor& images, const Tensor& scores);

}  // namespace sg::gan

#endif  // GAN_LOSS_R1_PENALTY_H_
