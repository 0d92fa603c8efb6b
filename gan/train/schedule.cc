#include "gan/train/schedule.h"

#include "absl/strings/str_cat.h"
#include "nn/optim/ema.h"

namespace sg::gan {

bool AppliesR1(const LossConfig& loss, int64_t step) { return loss.HasR1() && (step + 1) % loss.r1_interval == 0; }

bool AppliesPathLength(const LossConfig& loss, int64_t step) {
  return loss.HasPathLength() && step > loss.pl_start && (step + 1) % loss.pl_interval == 0;
}

double R1Weight(const LossConfig& loss) { return 0.5 * loss.r1_gamma * loss.r1_interval; }

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
