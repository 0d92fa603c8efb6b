// The labels of a batch on the device.
#ifndef GAN_TRAIN_LABELS_H_
#define GAN_TRAIN_LABELS_H_

#include <cstdint>
#include <vector>

#include "engine/tensor/tensor.h"
#include "gan/config/config.h"
#include "gan/data/batch.h"

namespace sg::gan {

// The sets of Batch::fake_labels.
enum class FakeSet { kDiscriminator, kGenerator, kPathLength };

// The labels [n,label_dim] of the parts of a batch, config.grad_accum tensors. They are undefined if the model has no
// labels.
std::vector<Tensor> RealLabels(const TrainConfig& config, const Batch& batch, Device device);
// Those of the batch's first `images` fakes, for parts of images / grad_accum.
std::vector<Tensor> FakeLabels(const TrainConfig& config, const Batch& batch, FakeSet set, int64_t images,
                               Device device);

}  // namespace sg::gan

#endif  // GAN_TRAIN_LABELS_H_
