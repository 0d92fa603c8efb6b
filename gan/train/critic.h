// How training shows images to the discriminator, real ones and fakes alike. Only here is the network called, and only
// here are images augmented on the way to it. Gradients lead through the augmentation to the images as they were.
#ifndef GAN_TRAIN_CRITIC_H_
#define GAN_TRAIN_CRITIC_H_

#include "gan/config/config.h"
#include "gan/train/train_state.h"

namespace sg::gan {

class Critic {
 public:
  // Refers to both. Augmentation advances a random stream of the state.
  Critic(const TrainConfig& config, TrainState* state) : config_(config), state_(*state) {}

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
  Tensor Augment(const Tensor& images) const;

  const TrainConfig& config_;
  TrainState& state_;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_CRITIC_H_
