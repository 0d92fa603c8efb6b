// The real images of a training step.
#ifndef GAN_TRAIN_REALS_H_
#define GAN_TRAIN_REALS_H_

#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/config/config.h"
#include "gan/data/batch.h"

namespace sg::gan {

struct Reals {
  Tensor bytes;   // [n,H,W,C] as in the batch
  Tensor labels;  // [n,label_dim], undefined if the model has none
};

// The parts of a batch on the device, config.grad_accum of them.
std::vector<Reals> UploadReals(const TrainConfig& config, const Batch& batch, Device device);

// Bytes to the model's range.
Tensor ToPixels(const TrainConfig& config, const Tensor& bytes);

}  // namespace sg::gan

#endif  // GAN_TRAIN_REALS_H_
