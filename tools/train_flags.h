// The flags of `train` and the configuration that they make.
#ifndef TOOLS_TRAIN_FLAGS_H_
#define TOOLS_TRAIN_FLAGS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/config/config.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"

namespace sg::cli {

const Program& TrainProgram();

// What --profile covers: the gradient penalty a few times, and a file that a browser still likes to load.
inline constexpr int kProfiledSteps = 20;

// What is not part of the configuration of a run.
struct TrainCommand {
  std::string outdir, desc, resume, profile;
  DeviceFlags device;
  int workers = 0;
  bool dry_run = false;
};
TrainCommand TrainCommandFromFlags();

// The preset, or the file of --options, changed by the flags that were given. Errors name the flag: InvalidArgument for
// the command line, FailedPrecondition for a file that cannot be read or is no configuration.
absl::StatusOr<gan::TrainConfig> NewConfigFromFlags(const ParseResult& parsed);
// The configuration of a checkpoint changed by the flags that were given; some cannot change in the middle of a run.
absl::StatusOr<gan::TrainConfig> ResumedConfigFromFlags(const ParseResult& parsed, gan::TrainConfig config);

}  // namespace sg::cli

#endif  // TOOLS_TRAIN_FLAGS_H_
