// The statistics of a tick: every scalar of its steps as count, mean and standard deviation.
#ifndef GAN_TRAIN_STATS_H_
#define GAN_TRAIN_STATS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gan/train/trainer.h"

namespace sg::gan {

struct Summary {
  int64_t num = 0;  // finite values
  double mean = 0, std = 0;
};

class TickStats {
 public:
  void Add(std::vector<StepScalar> scalars);

  // Reads what was added since the last call: this waits for the device.
  std::map<std::string, Summary> Collect();

  // Gradients in a row, up to the last Collect, whose norm was not finite: that many updates were skipped.
  int64_t diverged_in_a_row() const { return diverged_in_a_row_; }

 private:
  std::vector<StepScalar> pending_;
  int64_t diverged_in_a_row_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_STATS_H_
