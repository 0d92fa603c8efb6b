// Listing a folder tree.
//
//   absl::StatusOr<std::vector<std::string>> files = ListFolder("photos");  // {"a.png", "more/b.png"}
#ifndef GAN_DATA_FOLDER_H_
#define GAN_DATA_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sg::gan {

// The files under `root`, as paths relative to it with '/', in byte order. Omits names that start with a dot, and
// pipes, sockets and devices. Lists broken links; reading one reports the error. Follows links to folders, but visits
// each real folder once, so a cycle of links ends. Returns the error, such as PermissionDenied, if a folder cannot be
// read.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& root);

}  // namespace sg::gan

#endif  // GAN_DATA_FOLDER_H_
