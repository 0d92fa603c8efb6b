// The model's blur, up- and down-sampling as UpFirDn2d maps.
//
// Annotated ("bilinear"): UpSample is bilinear by 2 (align_corners = false) followed by the blur [1,2,1] (x) [1,2,1] / 16
// with replicated edges; DownSample is the blur followed by bilinear to half the size. Both are exactly one separable filter
// with a replicated edge: [1,5,10,10,5,1] / 16 and [1,3,3,1] / 8 per axis. Paper ("fir"): [1,3,3,1] with zeros beyond the
// edge for both (Karras et al. 2020, after Zhang 2019).
#ifndef GAN_MODEL_RESAMPLE_H_
#define GAN_MODEL_RESAMPLE_H_

#include "engine/ops/up_fir_dn.h"
#include "engine/tensor/tensor.h"
#include "gan/config.h"

namespace sg::gan {

// x [N,H,W,C] -> [N,H,W,C]: the blur alone.
Tensor Smooth(const Tensor& x);

class Resampler {
 public:
  explicit Resampler(const ModelConfig& config);

  Tensor Up(const Tensor& x) const { return UpFirDn2d(x, up_); }      // [N,H,W,C] -> [N,2H,2W,C]
  Tensor Down(const Tensor& x) const { return UpFirDn2d(x, down_); }  // [N,H,W,C] -> [N,H/2,W/2,C], H and W even

 private:
  UpFirDnParams up_, down_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_RESAMPLE_H_
