// Directories as descriptors: to lock them, and to make the names in them durable.
//
//   absl::StatusOr<ScopedFd> directory = OpenDirectory("runs");
//   if (directory.ok()) flock(directory->get(), LOCK_EX);
#ifndef ENGINE_IO_DIRECTORY_H_
#define ENGINE_IO_DIRECTORY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

// The error is one sentence that begins with the path.
absl::StatusOr<ScopedFd> OpenDirectory(const std::string& path);

// Returns once the names in the directory are on the disk. A file system that has no fsync for directories is no error.
// An error's message is `message` and the reason.
absl::Status SyncDirectory(const ScopedFd& directory, absl::string_view message);

}  // namespace sg::io

#endif  // ENGINE_IO_DIRECTORY_H_
