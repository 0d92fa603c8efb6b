// Which step applies which lazy regularizer and how strongly. Steps count from 0.
#ifndef GAN_TRAIN_SCHEDULE_H_
#define GAN_TRAIN_SCHEDULE_H_

#include <cstdint>
#include <string>

#include "gan/config/config.h"

namespace sg::gan {

bool AppliesGradientPenalty(const LossConfig& loss, int64_t step);  // R1 and R2
bool AppliesPathLength(const LossConfig& loss, int64_t step);

// The factors of the penalties in a step that applies them. Those of R1 and R2 include the interval, which makes up for
// the steps without them; the path length's does with pl_times_interval.
double R1Weight(const LossConfig& loss);
double R2Weight(const LossConfig& loss);
double PathLengthWeight(const LossConfig& loss);

// The key of a phase ("D", "G+PL", ...) for StepScope: steps with one key run the same sequence of kernels.
std::string PhaseKey(const TrainConfig& config, const char* phase);

// The weight that the averaged generator keeps in a step that ends after `images_seen` images.
double AverageDecay(const TrainConfig& config, int64_t images_seen);

}  // namespace sg::gan

#endif  // GAN_TRAIN_SCHEDULE_H_
