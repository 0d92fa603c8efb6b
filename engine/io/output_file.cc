#include "engine/io/output_file.h"

#include <fcntl.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/io/system_calls.h"

namespace sg::io {

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& path, Mode mode) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == Mode::kAppend ? O_APPEND : O_TRUNC);
  ScopedFd fd(sys::Open(path, flags, 0666));
  if (!fd.is_open()) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot write"));
  return OutputFile(path, std::move(fd), mode);
}

absl::Status OutputFile::Append(absl::string_view bytes) {
  if (!status_.ok()) return status_;
  SG_CHECK(is_open()) << "[OutputFile] Append to " << path_ << " after Close";
  absl::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t n = sys::Write(fd_.get(), rest.data(), rest.size());
    if (n <= 0) {
      status_ = absl::ErrnoToStatus(n < 0 ? errno : EIO, absl::StrCat(path_, ": cannot write"));
      // A pipe or a device cannot be cut, and nothing more can be done for it. A file that grew before this object was
      // made may have another writer, whose bytes a cut could take.
      if (mode_ == Mode::kReplace) {
        [[maybe_unused]] const int cut = sys::FTruncate(fd_.get(), size_);
      }
      fd_.Reset();
      return status_;
    }
    rest.remove_prefix(static_cast<size_t>(n));
  }
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status OutputFile::Close() {
  // An error of close() is a late write error of a network disk.
  if (is_open() && sys::Close(fd_.Release()) != 0) {
    status_ = absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot close"));
  }
  return status_;
}

}  // namespace sg::io
