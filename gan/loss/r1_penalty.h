// The R1 penalty (Mescheder et al., "Which training methods for GANs do actually converge?", 2018; GradientPenalty in
// the annotated code): the mean over real images of || d sum(D(x)) / dx ||^2. Of fakes it is R2, by the same paper.
//
//   images.Track();
//   Tensor penalty = R1Penalty(images, discriminator.Forward(images));
#ifndef GAN_LOSS_R1_PENALTY_H_
#define GAN_LOSS_R1_PENALTY_H_

#include "engine/tensor/tensor.h"

namespace sg::gan {

// `scores` [N,1] must be computed from the tracked `images` [N,H,W,C]. Returns a recorded scalar. Its gradient with
// respect to the discriminator's parameters is a second derivative.
Tensor R1Penalty(const Tensor& images, const Tensor& scores);

}  // namespace sg::gan

#endif  // GAN_LOSS_R1_PENALTY_H_
