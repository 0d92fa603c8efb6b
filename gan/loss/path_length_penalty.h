// Path-length regularization (Karras et al. 2020, section 3.2): a step of fixed size in w should change the image by a
// fixed amount. The length is the norm of J^T y, with J = d image / d w and y ~ N(0,1) over the image. The target is
// the running mean of the lengths.
//
//   PathLengthPenalty path_length(PathLengthParams(), DType::kF32, device);
//   Tensor y = RandomNormal(images.shape(), DType::kF32, device, &stream);
//   Tensor penalty = path_length.Penalty(w, images, y);  // images = generator(w)
#ifndef GAN_LOSS_PATH_LENGTH_PENALTY_H_
#define GAN_LOSS_PATH_LENGTH_PENALTY_H_

#include <cstdint>

#include "engine/tensor/tensor.h"

namespace sg::gan {

struct PathLengthParams {
  double decay = 0.99;  // of the running mean
  // True: one length per latent, averaged over the batch, as in the annotated code, whose latents have blocks on the
  // axis where its formula expects images. False: one length per image, averaged over the latents.
  bool annotated_axes = false;
  // True (NVIDIA's version): the target is decay * mean + (1 - decay) * the mean of the current lengths, where the mean
  // starts at zero. The gradient flows through the target. False: the target is the running mean of the earlier
  // calls, corrected for its start at zero, and a constant.
  bool mean_includes_batch = false;
};

class PathLengthPenalty {
 public:
  PathLengthPenalty(const PathLengthParams& params, DType dtype, Device device);

  // w [num_latents,N,d] must be tracked or computed from tracked tensors, and images [N,H,W,C] computed from w. y has
  // the shape of images. Returns mean((length - target)^2), a recorded scalar. Unless the mean includes the batch, the
  // first call only starts the running mean and returns zero. If a length is not finite, neither is the penalty, and
  // the running mean stays unchanged; on the first call, such lengths count as zero.
  Tensor Penalty(const Tensor& w, const Tensor& images, const Tensor& y);

  // The state for checkpoints: the exponential sum [1] and the number of calls.
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
