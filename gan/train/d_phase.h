// The discriminator's half of a training step.
#ifndef GAN_TRAIN_D_PHASE_H_
#define GAN_TRAIN_D_PHASE_H_

#include <vector>

#include "gan/config/config.h"
#include "gan/data/batch.h"
#include "gan/train/step_scalar.h"
#include "gan/train/train_state.h"

namespace sg::gan {

// Updates the discriminator once with the adversarial loss of config.batch real images and as many new fakes.
// `penalties` adds the gradient penalties of the configuration, R1 and R2, to that loss, or with separate_regularizers
// makes a second update with them. Under the relativistic loss, a fake has the label of the real image beside it.
void UpdateDiscriminator(const TrainConfig& config, const Batch& real, bool penalties, TrainState* state,
                         std::vector<StepScalar>* scalars);

}  // namespace sg::gan

#endif  // GAN_TRAIN_D_PHASE_H_
