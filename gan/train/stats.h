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

  // The longest current row, over the networks, of gradients whose norm was not finite, up to the last Collect. The
  // optimizer skipped as many updates of that network.
  int64_t diverged_in_a_row() const;

 private:
  std::vector<StepScalar> pending_;
  std::map<std::string, int64_t> diverged_in_a_row_;  // by network: "D", "G", "M"
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_STATS_H_
