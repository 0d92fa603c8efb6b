#include "gan/train/schedule.h"

#include "absl/strings/str_cat.h"
#include "nn/optim/ema.h"

namespace sg::gan {

namespace {

// Whether the step is the one of its interval with the regularizer.
bool IsDue(const LossConfig& loss, int64_t step, int interval) {
  return (loss.regularize_first ? step : step + 1) % interval == 0;
}

}  // namespace

bool AppliesGradientPenalty(const LossConfig& loss, int64_t step) {
  return loss.HasGradientPenalty() && IsDue(loss, step, loss.r1_interval);
}

bool AppliesPathLength(const LossConfig& loss, int64_t step) {
  const int64_t first = loss.regularize_first ? loss.pl_start : loss.pl_start + 1;
  return loss.HasPathLength() && step >= first && IsDue(loss, step, loss.pl_interval);
}

double R1Weight(const LossConfig& loss) { return 0.5 * loss.r1_gamma * loss.r1_interval; }
double R2Weight(const LossConfig& loss) { return 0.5 * loss.r2_gamma * loss.r1_interval; }

double PathLengthWeight(const LossConfig& loss) {
  return loss.pl_times_interval ? loss.pl_weight * loss.pl_interval : loss.pl_weight;
}

std::string PhaseKey(const TrainConfig& config, const char* phase) {
  return absl::StrCat(phase, " ", config.batch, "/", config.grad_accum);
}

double AverageDecay(const TrainConfig& config, int64_t images_seen) {
  nn::EmaSchedule schedule;
  schedule.batch = config.batch;
  schedule.half_life_kimg = config.optimizer.ema_kimg;
  schedule.images_seen = images_seen;
  schedule.rampup = config.optimizer.ema_rampup;
  return nn::EmaBeta(schedule);
}

}  // namespace sg::gan
