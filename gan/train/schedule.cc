#include "gan/train/schedule.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "nn/optim/ema.h"

namespace sg::gan {

namespace {

// Whether the step is the one of its interval with the regularizer.
bool IsDue(const LossConfig& loss, int64_t step, int interval) {
  return (loss.regularize_first ? step : step + 1) % interval == 0;
}

// Where a value is on its way to the final one.
double OnTheWay(const ScheduleConfig& schedule, int64_t images_seen, double value, double final_value) {
  if (schedule.kimg == 0) return value;
  const double t = std::min(1.0, static_cast<double>(images_seen) / (schedule.kimg * 1000));
  return value + (final_value - value) * (1 - std::cos(M_PI * t)) / 2;
}

// Where a final value of 0 stands for none.
double OnTheWayIfAny(const ScheduleConfig& schedule, int64_t images_seen, double value, double final_value) {
  return final_value == 0 ? value : OnTheWay(schedule, images_seen, value, final_value);
}

double GammaFactor(const TrainConfig& config, int64_t images_seen) {
  return OnTheWay(config.schedule, images_seen, 1, config.schedule.final_gamma_factor);
}

}  // namespace

bool AppliesGradientPenalty(const LossConfig& loss, int64_t step) {
  return loss.HasGradientPenalty() && IsDue(loss, step, loss.r1_interval);
}

bool AppliesPathLength(const LossConfig& loss, int64_t step) {
  const int64_t first = loss.regularize_first ? loss.pl_start : loss.pl_start + 1;
  return loss.HasPathLength() && step >= first && IsDue(loss, step, loss.pl_interval);
}

double R1Weight(const TrainConfig& config, int64_t images_seen) {
  return 0.5 * GammaFactor(config, images_seen) * config.loss.r1_gamma * config.loss.r1_interval;
}

double R2Weight(const TrainConfig& config, int64_t images_seen) {
  return 0.5 * GammaFactor(config, images_seen) * config.loss.r2_gamma * config.loss.r1_interval;
}

double PathLengthWeight(const LossConfig& loss) {
  return loss.pl_times_interval ? loss.pl_weight * loss.pl_interval : loss.pl_weight;
}

double ScheduledRate(const TrainConfig& config, int64_t images_seen) {
  return OnTheWay(config.schedule, images_seen, 1, config.schedule.final_lr_factor);
}

double Beta2(const TrainConfig& config, int64_t images_seen) {
  return OnTheWayIfAny(config.schedule, images_seen, config.optimizer.beta2, config.schedule.final_beta2);
}

double FixedP(const TrainConfig& config, int64_t images_seen) {
  return OnTheWayIfAny(config.schedule, images_seen, config.augment.p, config.schedule.final_p);
}

std::string PhaseKey(const TrainConfig& config, const char* phase) {
  return absl::StrCat(phase, " ", config.batch, "/", config.grad_accum);
}

double AverageDecay(const TrainConfig& config, int64_t images_seen) {
  nn::EmaSchedule schedule;
  schedule.batch = config.batch;
  schedule.half_life_kimg =
      OnTheWayIfAny(config.schedule, images_seen, config.optimizer.ema_kimg, config.schedule.final_ema_kimg);
  schedule.images_seen = images_seen;
  schedule.rampup = config.optimizer.ema_rampup;
  return nn::EmaBeta(schedule);
}

}  // namespace sg::gan
