#include "engine/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/io/system_calls.h"

namespace sg::io {
namespace {

constexpr int64_t kReadStep = int64_t{1} << 20;

}  // namespace

absl::StatusOr<InputFile> InputFile::Open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must fail below instead of waiting for its writer.
  ScopedFd fd(sys::Open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  struct stat info;
  if (sys::FStat(fd.get(), &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot examine"));
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  return InputFile(path, std::move(fd), info.st_size);
}

absl::StatusOr<int64_t> InputFile::ReadSome(int64_t offset, void* out, int64_t size) const {
  const ssize_t n = sys::PRead(fd_.get(), out, static_cast<size_t>(size), offset);
  if (n < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot read at byte ", offset));
  return n;
}

absl::Status InputFile::ReadAt(int64_t offset, void* out, int64_t size) const {
  char* p = static_cast<char*>(out);
  while (size > 0) {
    const absl::StatusOr<int64_t> n = ReadSome(offset, p, size);
    if (!n.ok()) return n.status();
    if (*n == 0) {
      return absl::DataLossError(absl::StrCat(path_, ": ends at byte ", offset, ", ", size, " bytes too early"));
    }
    p += *n;
    offset += *n;
    size -= *n;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path);
  if (!file.ok()) return file.status();
  const auto too_long = [&](int64_t bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": is ", bytes, " bytes, more than ", max_bytes));
  };
  if (file->size() > max_bytes) return too_long(file->size());
  std::string contents;
  contents.reserve(static_cast<size_t>(file->size()) + 1);  // 1 more: the end shows without growing
  for (;;) {
    const size_t length = contents.size(), room = contents.capacity() - length;
    contents.resize(length + (room > 0 ? room : kReadStep));
    const absl::StatusOr<int64_t> n =
        file->ReadSome(static_cast<int64_t>(length), &contents[length], static_cast<int64_t>(contents.size() - length));
    if (!n.ok()) return n.status();
    contents.resize(length + static_cast<size_t>(*n));
    if (*n == 0) return contents;
    if (static_cast<int64_t>(contents.size()) > max_bytes) return too_long(static_cast<int64_t>(contents.size()));
  }
}

}  // namespace sg::io
