// `bazel run` starts a tool in another folder than the user's, to which relative paths refer.
#ifndef TOOLS_CLI_WORKING_DIRECTORY_H_
#define TOOLS_CLI_WORKING_DIRECTORY_H_

#include "absl/status/status.h"

namespace sg::cli {

// Changes to $BUILD_WORKING_DIRECTORY if it is set and not empty. Call it before any path is used. The error has the
// folder's name and the system's reason.
absl::Status EnterWorkingDirectory();

}  // namespace sg::cli

#endif  // TOOLS_CLI_WORKING_DIRECTORY_H_
