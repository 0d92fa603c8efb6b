// `bazel run` starts a tool elsewhere; relative paths mean the folder the user typed them in.
#ifndef TOOLS_CLI_WORKING_DIRECTORY_H_
#define TOOLS_CLI_WORKING_DIRECTORY_H_

#include "absl/status/status.h"

namespace sg::cli {

// Changes to $BUILD_WORKING_DIRECTORY when it is set and not empty; call it before any path is used. Fails with the
// folder's name and the system's reason.
absl::Status EnterWorkingDirectory();

}  // namespace sg::cli

#endif  // TOOLS_CLI_WORKING_DIRECTORY_H_
