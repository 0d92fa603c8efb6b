#include "engine/io/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/io/retry_on_eintr.h"

namespace sg::io {

absl::StatusOr<ScopedFd> OpenDirectory(const std::string& path) {
  ScopedFd directory(RetryOnEintr([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory.is_open()) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open the folder"));
  return directory;
}

absl::Status SyncDirectory(const ScopedFd& directory, absl::string_view message) {
  // Some network file systems have no fsync for directories and say so with EINVAL.
  if (RetryOnEintr([&] { return fsync(directory.get()); }) == 0 || errno == EINVAL) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, message);
}

}  // namespace sg::io
