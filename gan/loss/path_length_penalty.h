// Path-length regularization (Karras et al. 2020, section 3.2): a step of fixed size in w should change the image by a
// fixed amount. The length is the norm of J^T y, J = d image / d w, y ~ N(0,1) over the image; its running mean is the
// target.
#ifndef GAN_LOSS_PATH_LENGTH_PENALTY_H_
#define GAN_LOSS_PATH_LENGTH_PENALTY_H_

#include <cstdint>

#include "engine/tensor/tensor.h"

namespace sg::gan {

struct PathLengthParams {
  double decay = 0.99;  // of the running mean
  // As the annotated code does it, whose latents have blocks where its formula expects images: one length per block,
  // averaged over the batch. Otherwise one length per image, averaged over the latents.
  bool annotated_axes = false;
  // The target is decay * mean + (1 - decay) * the mean of these lengths, the mean beginning at zero, and the gradient
  // goes through it: NVIDIA's. Otherwise the mean of the calls before without the bias of its beginning, a constant.
  bool mean_includes_batch = false;
};

class PathLengthPenalty {
 public:
  PathLengthPenalty(const PathLengthParams& params, DType dtype, Device device);

  // w [num_latents,N,d], tracked or computed from tracked tensors; images [N,H,W,C] computed from w; y like images.
  // mean((length - target)^2), a recorded scalar; zero on the first call, which only starts the running mean, unless
  // that includes the batch. Lengths that are not finite make the penalty so, and leave the mean as it was; on the
  // first call they count as zero.
  Tensor Penalty(const Tensor& w, const Tensor& images, const Tensor& y);

  // State for checkpoints: the exponential sum [1] and the number of calls.
  const Tensor& exponential_sum() const { return exponential_sum_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  PathLengthParams params_;
  Tensor exponential_sum_;
  int64_t steps_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_LOSS_PATH_LENGTH_PENALTY_H_
