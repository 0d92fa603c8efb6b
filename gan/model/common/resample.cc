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

Resampler::Resampler(const ModelConfig& config) {
  const bool is_fir = config.resample == Resampling::kFir;
  const std::vector<float> four_taps = {1, 3, 3, 1}, six_taps = {1, 5, 10, 10, 5, 1};
  // Up-sampling inserts a zero after every sample, so the filter needs a gain of 2 per axis.
  const std::vector<float> interpolating = Scaled(is_fir ? four_taps : six_taps, 2), averaging = Scaled(four_taps, 1);

  FirParams up;
  up.up = 2;
  up.filter = interpolating;
  up.pad0 = is_fir ? 2 : 3;
  up.pad1 = is_fir ? 1 : 2;

  FirParams down;
  down.down = 2;
  down.filter = averaging;
  down.pad0 = down.pad1 = 1;

  FirParams after_transposed_conv;
  after_transposed_conv.filter = interpolating;
  after_transposed_conv.pad0 = after_transposed_conv.pad1 = is_fir ? 1 : 2;

  FirParams before_strided_conv;
  before_strided_conv.filter = averaging;
  before_strided_conv.pad0 = before_strided_conv.pad1 = 2;

  for (FirParams* params : {&up, &down, &after_transposed_conv, &before_strided_conv}) {
    params->edge = is_fir ? EdgeMode::kZero : EdgeMode::kReplicate;
  }
  up_ = MakeUpFirDn(up);
  down_ = MakeUpFirDn(down);
  after_transposed_conv_ = MakeUpFirDn(after_transposed_conv);
  before_strided_conv_ = MakeUpFirDn(before_strided_conv);
}

}  // namespace sg::gan
