// MS-SSIM (Wang et al. 2003), the structural similarity of two images at several scales: 1 for the same image. Its mean
// over pairs of fakes measures how much alike they are; lower means more variety (Odena et al. 2017).
//
//   std::vector<double> similarities;
//   similarities.push_back(MsSsim(fakes[0], fakes[1]));
#ifndef GAN_METRICS_MS_SSIM_H_
#define GAN_METRICS_MS_SSIM_H_

#include "gan/image/image.h"

namespace sg::gan {

constexpr int kMsSsimScales = 5;

// Two images of one size. A Gaussian window of 11 pixels and sigma 1.5, both shrunk together for images smaller than
// that; k1 0.01, k2 0.03; only windows inside the image. The contrast of the first `scales` - 1 scales and the
// similarity of the last have the first `scales` of the paper's five weights as exponents; those below zero count as
// zero. Each scale halves the sides by 2x2 means, so both must be divisible by 2^(scales - 1).
double MsSsim(const Image& a, const Image& b, int scales);

}  // namespace sg::gan

#endif  // GAN_METRICS_MS_SSIM_H_
