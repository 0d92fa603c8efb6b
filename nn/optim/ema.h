// Exponential moving averages of parameters.
#ifndef NN_OPTIM_EMA_H_
#define NN_OPTIM_EMA_H_

#include <vector>

#include "nn/module.h"

namespace sg::nn {

// average += (current - average) * (1 - beta), pairwise in the order of the lists, which have the same names.
void UpdateEma(const std::vector<NamedTensor>& average, const std::vector<NamedTensor>& current, double beta);
// target = source, exactly.
void CopyParameters(const std::vector<NamedTensor>& target, const std::vector<NamedTensor>& source);

// The decay of a step of `batch` images so that an image's weight halves every `half_life` thousand images. While few images
// have been seen the half-life is at most rampup times their number (rampup <= 0: no ramp-up), so that the average follows.
double EmaBeta(int64_t batch, double half_life_kimg, int64_t images_seen, double rampup);

}  // namespace sg::nn

#endif  // NN_OPTIM_EMA_H_
