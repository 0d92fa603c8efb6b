// The random streams of a training run. Each purpose has its own, so drawing more for one does not shift another.
#ifndef GAN_TRAIN_RANDOM_STREAMS_H_
#define GAN_TRAIN_RANDOM_STREAMS_H_

#include <cstdint>

#include "engine/ops/random.h"

namespace sg::gan {

struct RandomStreams {
  explicit RandomStreams(int64_t seed);

  // Calls f(since, name, stream) for every stream; `since` as for StateVisitor (train_state.h). Append new streams: a
  // stream's number in this list is part of its random sequence.
  template <typename F>
  void Visit(F&& f) {
    f(1, "random.init", init);
    f(1, "random.latents", latents);
    f(1, "random.mixing", mixing);
    f(1, "random.noise", noise);
    f(1, "random.path_length", path_length);
    f(3, "random.augment", augment);
  }

  RandomStream init, latents, mixing, noise, path_length, augment;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_RANDOM_STREAMS_H_
