// The flags of `train` and the configuration that they make.
#ifndef TOOLS_TRAIN_FLAGS_H_
#define TOOLS_TRAIN_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "gan/metrics/metric.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"

namespace sg::cli {

const Program& TrainProgram();

// The steps that --profile covers. They include a few gradient penalties, and browsers can still load the file.
inline constexpr int kProfiledSteps = 20;

// The flags that do not belong to the configuration of a run.
struct TrainCommand {
  std::string outdir, desc, resume, init, profile;
  DeviceFlags device;
  int workers = 0;
  bool dry_run = false;
  std::vector<gan::Metric> metrics;  // to compute at every snapshot
  int64_t metric_images = 0;
};
// InvalidArgument for a value out of range, or for flags that exclude each other.
absl::StatusOr<TrainCommand> TrainCommandFromFlags();

// The preset or the file of --options, changed by the flags that were given. Errors name the flag: InvalidArgument for
// the command line, FailedPrecondition for a file that cannot be read or is no configuration.
absl::StatusOr<gan::TrainConfig> NewConfigFromFlags(const ParseResult& parsed);
// The configuration of a checkpoint or of the file of --options, changed by the flags that were given. `run` is the
// folder in which training goes on; without one, a new run starts from the checkpoint. InvalidArgument for a flag that
// says something else about the run than what it is; errors of the file as above. gan::CheckResumable tells whether the
// fields may change.
absl::StatusOr<gan::TrainConfig> ResumedConfigFromFlags(const ParseResult& parsed,
                                                        const std::optional<std::string>& run,
                                                        const gan::TrainConfig& saved);

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_FLAGS_H_
