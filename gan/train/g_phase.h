// The generator's half of a training step.
#ifndef GAN_TRAIN_G_PHASE_H_
#define GAN_TRAIN_G_PHASE_H_

#include <vector>

#include "gan/config/config.h"
#include "gan/data/batch.h"
#include "gan/train/step_scalar.h"
#include "gan/train/train_state.h"

namespace sg::gan {

// Updates the synthesis and the mapping network once with the adversarial loss of config.batch new fakes, and the
// running mean of w. `path_length` adds the path-length penalty to that loss, or with separate_regularizers makes a
// second update with it. The fakes have the labels that the batch has for them; nothing else of the batch is used,
// unless the loss is relativistic. That compares each fake with a real image of the batch, whose label it has.
void UpdateGenerator(const TrainConfig& config, const Batch& batch, bool path_length, TrainState* state,
                     std::vector<StepScalar>* scalars);

}  // namespace sg::gan

#endif  // GAN_TRAIN_G_PHASE_H_
