// Exponential moving averages of parameters.
//
//   EmaSchedule schedule;
//   schedule.batch = 32, schedule.images_seen = 64'000;
//   UpdateEma(average_parameters, parameters, EmaBeta(schedule));
#ifndef NN_OPTIM_EMA_H_
#define NN_OPTIM_EMA_H_

#include <cstdint>
#include <vector>

#include "nn/module.h"

namespace sg::nn {

// average += (current - average) * (1 - beta), pairwise. Both lists must have the same names in the same order.
void UpdateEma(const std::vector<NamedTensor>& average, const std::vector<NamedTensor>& current, double beta);
// Copies every source to its target exactly.
void CopyParameters(const std::vector<NamedTensor>& target, const std::vector<NamedTensor>& source);

struct EmaSchedule {
  int64_t batch = 1;           // images per step
  double half_life_kimg = 10;  // thousands of images after which the weight of a step has halved
  int64_t images_seen = 0;
  double rampup = 0;  // limits the half-life to rampup * images_seen, so early averages follow quickly; <= 0: no limit
};

// The decay of one step (Karras et al., NVlabs/stylegan2-ada-pytorch, training_loop.py).
double EmaBeta(const EmaSchedule& schedule);

}  // namespace sg::nn

#endif  // NN_OPTIM_EMA_H_
