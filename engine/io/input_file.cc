#include "engine/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace sg::io {

absl::StatusOr<InputFile> InputFile::Open(const std::string& path) {
  int fd;
  do {
    // O_NONBLOCK: opening a FIFO must fail below instead of waiting for its writer.
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  ScopedFd owned(fd);
  struct stat info;
  if (fstat(fd, &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot examine"));
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  return InputFile(path, std::move(owned), info.st_size);
}

absl::Status InputFile::ReadAt(int64_t offset, void* out, int64_t size) const {
  char* p = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t n = pread(fd_.get(), p, static_cast<size_t>(size), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot read at byte ", offset));
    if (n == 0) {
      return absl::DataLossError(absl::StrCat(path_, ": ends at byte ", offset, ", ", size, " bytes too early"));
    }
    p += n;
    offset += n;
    size -= n;
  }
  return absl::OkStatus();
}

}  // namespace sg::io
