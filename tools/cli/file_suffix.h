// Tells a file's name from a folder's by its end, for the flags that take either.
#ifndef TOOLS_CLI_FILE_SUFFIX_H_
#define TOOLS_CLI_FILE_SUFFIX_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sg::cli {

// The end of a path that nobody gives to a folder: ".gif" for "a.gif", ".h5" for "net.h5". Empty for "frames", "a.d/b",
// "model.v2", "2026.11", and for the path of a folder that exists or ends with a slash.
absl::string_view FileSuffix(absl::string_view path);

}  // namespace sg::cli

#endif  // TOOLS_CLI_FILE_SUFFIX_H_
