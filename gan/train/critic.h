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

  // Images [N,H,W,C] in the model's range with their labels [N,label_dim] -> scores [N,1], differentiable to any order.
  // The labels are undefined if the model has none.
  Tensor Scores(const Tensor& images, const Tensor& labels) const;
  // The scores of two batches [N,H,W,C], computed in one pass: every weight is read once, and its gradient needs no
  // addition.
  struct Pair {
    Tensor fake, real;  // [N,1]
  };
  struct Labeled {
    Tensor images, labels;
  };
  Pair Scores(const Labeled& fake, const Labeled& real) const;

 private:
  const DiscriminatorNetwork& discriminator_;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_CRITIC_H_
