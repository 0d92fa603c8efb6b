// Lists a folder tree.
//
//   absl::StatusOr<FolderListing> listing = ListFolder("photos");
//   absl::StatusOr<std::string> bytes = io::ReadFile("photos/" + listing->files.front(), /*max_bytes=*/1 << 20);
#ifndef GAN_DATA_FOLDER_H_
#define GAN_DATA_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sg::gan {

// The file by which a folder is known to hold a training run.
inline constexpr char kRunMarker[] = "training_options.json";

struct FolderListing {
  std::vector<std::string> files;
  int64_t left_out_folders = 0;  // runs and those of `leave_out`, without the folders inside them
};

// The files under `root`, as paths relative to it with '/', in byte order. Omits names that start with a dot, pipes,
// sockets and devices, the folders `leave_out` (as far as they exist) and folders that hold a training_options.json,
// the output of training runs. `root` itself is listed in any case. Lists broken links; reading one reports the error.
// Follows links to folders, but visits each real folder once, so a cycle of links ends. Returns the error, such as
// PermissionDenied, if a folder cannot be read.
absl::StatusOr<FolderListing> ListFolder(const std::string& root, const std::vector<std::string>& leave_out = {});

}  // namespace sg::gan

#endif  // GAN_DATA_FOLDER_H_
