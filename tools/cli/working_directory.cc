#include "tools/cli/working_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace sg::cli {

absl::Status EnterWorkingDirectory() {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  if (directory == nullptr || *directory == '\0' || chdir(directory) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("cannot change to the folder ", directory, " (BUILD_WORKING_DIRECTORY)"));
}

}  // namespace sg::cli
