// The images that the generator makes while it trains.
#ifndef GAN_TRAIN_FAKES_H_
#define GAN_TRAIN_FAKES_H_

#include <cstdint>

#include "gan/config/config.h"
#include "gan/train/train_state.h"

namespace sg::gan {

struct Fakes {
  Tensor w;       // [num_latents,N,d]
  Tensor pixels;  // [N,H,W,C], nominally in the model's image_range
  Tensor labels;  // [N,label_dim], undefined if the model has none
};

// N = `batch` images by the current generator with these labels, with new latents and noise; the latents are mixed with
// probability mixing_prob. Advances the random streams of `state`. Recorded unless a RecordScope forbids it.
Fakes GenerateFakes(const TrainConfig& config, int64_t batch, const Tensor& labels, TrainState* state);

}  // namespace sg::gan

#endif  // GAN_TRAIN_FAKES_H_
