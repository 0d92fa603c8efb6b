// Lists a folder tree and reads its files up to a size limit.
//
//   absl::StatusOr<std::vector<std::string>> files = ListFolder("photos");
//   absl::StatusOr<std::string> bytes = ReadFile("photos/" + files->front(), /*max_bytes=*/1 << 20);
#ifndef GAN_DATA_FOLDER_H_
#define GAN_DATA_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sg::gan {

// The files under `root`, as paths relative to it with '/', in byte order. Omits names that start with a dot, and
// pipes, sockets and devices. Lists broken links; reading one reports the error. Follows links to folders, but visits
// each real folder once, so a cycle of links ends. Returns the error, such as PermissionDenied, if a folder cannot be
// read.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& root);

// InvalidArgument if the file is not a regular file, ResourceExhausted if it is longer than `max_bytes`. Messages do
// not repeat the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

}  // namespace sg::gan

#endif  // GAN_DATA_FOLDER_H_
