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

  // What was added since the last call. This waits for the device.
  std::map<std::string, Summary> Collect();

  // Reads what was added, for diverged_in_a_row, and keeps it for the next Collect. This waits for the device.
  void Read();

  // The longest current row, over the networks, of gradients whose norm was not finite, up to the last Collect or Read.
  // The optimizer skipped as many updates of that network.
  int64_t diverged_in_a_row() const;

  // Whether every gradient of the last Collect, and every one read after it, was finite and of a usual size. Weights
  // may explode long before the first gradient overflows.
  bool steady() const { return collected_steady_ && steady_; }
  // The same of those that were read since the last Collect.
  bool steady_so_far() const { return steady_; }

 private:
  struct Sums {
    int64_t num = 0;
    double sum = 0, squares = 0;
  };

  std::vector<StepScalar> pending_;                   // not read yet
  std::map<std::string, Sums> sums_;                  // of what was read since the last Collect
  bool steady_ = true;                                // since the last Collect
  bool collected_steady_ = true;                      // of the last Collect
  std::map<std::string, int64_t> diverged_in_a_row_;  // by network: "D", "G", "M"
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_STATS_H_
