// The name of a new run's folder, and the command that resumes a run.
#ifndef TOOLS_RUN_NAME_H_
#define TOOLS_RUN_NAME_H_

#include <string>

#include "gan/config/config.h"

namespace sg::cli {

// "quick-emoji-batch8-gamma0.3" and, if there is a `description`, "-" and that. The names of the preset and
// of the data set and the description are shortened to 40 bytes, with '-' for every character but letters, digits, '_'
// and '.'.
std::string RunName(const gan::TrainConfig& config, const std::string& description);

// What the name of a run with that description ends with: "-lr0.002"; empty without one.
std::string RunNameEnding(const std::string& description);

// The command that resumes from a run's folder or a checkpoint, to be copied into a shell.
std::string ResumeCommand(const std::string& path);

}  // namespace sg::cli

#endif  // TOOLS_RUN_NAME_H_
