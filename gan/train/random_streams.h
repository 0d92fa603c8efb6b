// The random streams of a training run: one per purpose, so that drawing more of one does not shift another.
#ifndef GAN_TRAIN_RANDOM_STREAMS_H_
#define GAN_TRAIN_RANDOM_STREAMS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "engine/ops/random.h"

namespace sg::gan {

struct RandomStreams {
  explicit RandomStreams(int64_t seed);

  RandomStream init, latents, mixing, noise, path_length;

  // The offsets as text, for a checkpoint: the seed is in its configuration.
  void Save(std::map<std::string, std::string>* metadata) const;
  absl::Status Load(const std::map<std::string, std::string>& metadata);
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_RANDOM_STREAMS_H_
