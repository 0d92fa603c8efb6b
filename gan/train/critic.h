// How training shows images to the discriminator, real ones and fakes alike. Only here is the network called: what
// happens to images on the way to it (augmentation) has this one place.
#ifndef GAN_TRAIN_CRITIC_H_
#define GAN_TRAIN_CRITIC_H_

#include "gan/model/network.h"

namespace sg::gan {

class Critic {
 public:
  // Refers to the network.
  explicit Critic(const DiscriminatorNetwork& discriminator) : discriminator_(discriminator) {}

  // Images [N,H,W,C] in the model's range -> scores [N,1], differentiable to any order.
  Tensor Scores(const Tensor& images) const;
  // The scores of two batches [N,H,W,C], computed in one pass: every weight is read once, and its gradient needs no
  // addition.
  struct Pair {
    Tensor fake, real;  // [N,1]
  };
  Pair Scores(const Tensor& fake, const Tensor& real) const;

 private:
  const DiscriminatorNetwork& discriminator_;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_CRITIC_H_
