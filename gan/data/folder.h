// Listing a folder tree.
//
//   absl::StatusOr<std::vector<std::string>> files = ListFolder("photos");  // {"a.png", "more/b.png"}
#ifndef GAN_DATA_FOLDER_H_
#define GAN_DATA_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sg::gan {

// The files under `root`, as paths relative to it with '/', in byte order. Names that start with a dot are left out,
// and so are pipes, sockets and devices; a broken link is listed (reading it says what is wrong). Links to folders are
// followed, each real folder once, so a loop of links ends. PermissionDenied etc. when a folder cannot be read.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& root);

}  // namespace sg::gan

#endif  // GAN_DATA_FOLDER_H_
