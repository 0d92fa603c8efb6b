// Listing a folder tree and reading its files, with bounds.
#ifndef GAN_DATA_FOLDER_H_
#define GAN_DATA_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sg::gan {

// The files under `root`, as paths relative to it with '/', in byte order. Names that start with a dot are left out,
// and so are pipes, sockets and devices; a broken link is listed (reading it says what is wrong). Links to folders are
// followed, each real folder once, so a loop of links ends. PermissionDenied etc. when a folder cannot be read.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& root);

// InvalidArgument when the file is not a regular one, ResourceExhausted when it is longer than `max_bytes`. Messages do
// not repeat the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

}  // namespace sg::gan

#endif  // GAN_DATA_FOLDER_H_
