// The images that come with the program.
#ifndef TOOLS_CLI_BUNDLED_DATA_H_
#define TOOLS_CLI_BUNDLED_DATA_H_

#include <string>

#include "absl/status/statusor.h"

namespace sg::cli {

// The zip of Noto emoji among the files that Bazel puts beside the binary. Works under `bazel run` and when the binary
// is started by its path.
absl::StatusOr<std::string> BundledEmojiPath();

}  // namespace sg::cli

#endif  // TOOLS_CLI_BUNDLED_DATA_H_
