#include "gan/train/fakes.h"

#include "engine/ops/shape_ops.h"
#include "gan/model/common/latents.h"

namespace sg::gan {

Fakes GenerateFakes(const TrainConfig& config, int64_t batch, const Tensor& labels, TrainState* state) {
  const int num_latents = config.model.NumLatents();
  const auto draw_w = [&](int64_t n, const Tensor& of_each) {
    return state->generator->Map(
        RandomNormal({n, config.model.latent_dim}, DType::kF32, state->device(), &state->streams.latents), of_each);
  };
  // Always two draws, whatever the first one says: the stream's position is then a function of the step.
  const double draw = RandomUniformScalar(&state->streams.mixing);
  const double u = 1 - RandomUniformScalar(&state->streams.mixing);  // [0,1)
  Fakes fakes;
  fakes.labels = labels;
  if (config.loss.mixing_prob > 0 && draw <= config.loss.mixing_prob) {
    const int first = config.loss.mixing_min_block;
    // One pass of the mapping network. Both latents of an image have its label.
    const Tensor both = draw_w(2 * batch, labels.defined() ? Concat({labels, labels}, 0) : labels);
    fakes.w = MixLatents(Narrow(both, 0, 0, batch), Narrow(both, 0, batch, batch),
                         first + static_cast<int>(u * (num_latents - first)), num_latents);
  } else {
    fakes.w = RepeatLatent(draw_w(batch, labels), num_latents);
  }
  fakes.pixels = state->generator->Synthesize(
      fakes.w, RandomNoise(config.model, batch, DType::kF32, state->device(), &state->streams.noise));
  return fakes;
}

}  // namespace sg::gan
