// The files that come with the program.
#ifndef TOOLS_CLI_BUNDLED_DATA_H_
#define TOOLS_CLI_BUNDLED_DATA_H_

#include <string>

#include "absl/status/statusor.h"

namespace sg::cli {

// The zip archive of Noto emoji in the binary's runfiles. Bazel puts them beside the binary, so they are found under
// `bazel run` and if the binary is started by its path. NotFound elsewhere.
absl::StatusOr<std::string> BundledEmojiPath();
// The weights of EfficientNet-Lite0, which metrics use, in the same way.
absl::StatusOr<std::string> BundledFeatureNetworkPath();

}  // namespace sg::cli

#endif  // TOOLS_CLI_BUNDLED_DATA_H_
