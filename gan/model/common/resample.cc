#include "gan/model/common/resample.h"

namespace sg::gan {
namespace {

std::vector<float> Scaled(std::vector<float> filter, float gain) {
  float sum = 0;
  for (float f : filter) sum += f;
  for (float& f : filter) f *= gain / sum;
  return filter;
}

}  // namespace

Tensor Smooth(const Tensor& x) {
  return UpFirDn2d(x, MakeUpFirDn(1, 1, 1, 1, Scaled({1, 2, 1}, 1), EdgeMode::kReplicate));
}

// A filter after inserting zeros has gain 2 per axis, because every second sample it meets is zero.
Resampler::Resampler(const ModelConfig& config) {
  if (config.resample == "fir") {
    up_ = MakeUpFirDn(2, 1, 2, 1, Scaled({1, 3, 3, 1}, 2), EdgeMode::kZero);
    down_ = MakeUpFirDn(1, 2, 1, 1, Scaled({1, 3, 3, 1}, 1), EdgeMode::kZero);
    after_transposed_conv_ = MakeUpFirDn(1, 1, 1, 1, Scaled({1, 3, 3, 1}, 2), EdgeMode::kZero);
    before_strided_conv_ = MakeUpFirDn(1, 1, 2, 2, Scaled({1, 3, 3, 1}, 1), EdgeMode::kZero);
  } else {
    up_ = MakeUpFirDn(2, 1, 3, 2, Scaled({1, 5, 10, 10, 5, 1}, 2), EdgeMode::kReplicate);
    down_ = MakeUpFirDn(1, 2, 1, 1, Scaled({1, 3, 3, 1}, 1), EdgeMode::kReplicate);
    after_transposed_conv_ = MakeUpFirDn(1, 1, 2, 2, Scaled({1, 5, 10, 10, 5, 1}, 2), EdgeMode::kReplicate);
    before_strided_conv_ = MakeUpFirDn(1, 1, 2, 2, Scaled({1, 3, 3, 1}, 1), EdgeMode::kReplicate);
  }
}

}  // namespace sg::gan
