// Which step applies which lazy regularizer and how strongly, and what else changes in the course of a training. Steps
// count from 0.
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
double R1Weight(const TrainConfig& config, int64_t images_seen);
double R2Weight(const TrainConfig& config, int64_t images_seen);
double PathLengthWeight(const LossConfig& loss);

// The key of a phase ("D", "G+PL", ...) for StepScope: steps with one key run the same sequence of kernels.
std::string PhaseKey(const TrainConfig& config, const char* phase);

// What ScheduleConfig lets change, in a step that begins after `images_seen` images. As R3GAN does, a value a goes to b
// as a + (b - a) (1 - cos(pi t)) / 2, where t is the part of schedule.kimg that has passed.
double ScheduledRate(const TrainConfig& config, int64_t images_seen);  // a factor of both learning rates
double Beta2(const TrainConfig& config, int64_t images_seen);
double FixedP(const TrainConfig& config, int64_t images_seen);  // of augmentation, under AugMode::kFixed

// The weight that the averaged generator keeps in a step that ends after `images_seen` images.
double AverageDecay(const TrainConfig& config, int64_t images_seen);

}  // namespace sg::gan

#endif  // GAN_TRAIN_SCHEDULE_H_
