// What a training step reports.
#ifndef GAN_TRAIN_STEP_SCALAR_H_
#define GAN_TRAIN_STEP_SCALAR_H_

#include "engine/tensor/tensor.h"

namespace sg::gan {

// A scalar of one step. The value is still on the device: reading it waits for the step.
struct StepScalar {
  const char* name;  // "Loss/D/loss", ...
  Tensor value;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_STEP_SCALAR_H_
