// MiniBatchStdDev (Karras et al., "Progressive growing of GANs", 2018, section 3): appends channels that hold the
// average standard deviation over a group of images. They show the discriminator how varied a batch is.
#ifndef GAN_MODEL_COMMON_MINIBATCH_STDDEV_H_
#define GAN_MODEL_COMMON_MINIBATCH_STDDEV_H_

#include "engine/tensor/tensor.h"

namespace sg::gan {

struct MinibatchStdDevParams {
  int64_t group = 4;       // divides the batch
  bool per_group = false;  // one statistic per group; otherwise one for the whole batch
  bool unbiased = true;    // variance over group - 1
  int64_t batches = 1;     // x concatenates that many batches of one size; each has its own statistics
  int64_t channels = 1;    // F appended channels; divides the features: channel f averages the f-th C/F of them
};

// x [N,H,W,C] -> [N,H,W,C+F]. With M = N / (batches * group), images n, n + M, n + 2M, ... of a batch form a group.
Tensor MinibatchStdDev(const Tensor& x, const MinibatchStdDevParams& params);

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_MINIBATCH_STDDEV_H_
