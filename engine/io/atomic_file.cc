#include "engine/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/io/directory.h"
#include "engine/io/system_calls.h"

namespace sg::io {
namespace {

constexpr absl::string_view kTemporaryInfix = ".tmp.";

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsDecimal(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// The file to replace: the target of a symbolic link, or the path itself. Only regular files are allowed, because
// renaming over a device such as /dev/null would replace it for the whole system.
absl::StatusOr<std::string> ResolveTarget(const std::string& path) {
  struct stat info;
  if (sys::Stat(path, &info) != 0) {
    if (errno == ENOENT) return path;
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot write"));
  }
  if (S_ISDIR(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot write: it is a directory"));
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot write: it is not a regular file"));
  }
  std::string target;
  if (sys::RealPath(path, &target) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot resolve"));
  return target;
}

// A file without a name, for reading and writing, or none where the file system or the system cannot give it one later.
ScopedFd OpenNameless(const std::string& directory) {
  ScopedFd fd(sys::Open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  struct stat info;
  if (fd.is_open() && sys::Stat(absl::StrCat("/proc/self/fd/", fd.get()), &info) != 0) fd.Reset();
  return fd;
}

// Returns false and leaves errno after an error.
bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = sys::Write(fd, bytes.data(), bytes.size());
    if (n == 0) errno = EIO;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

AtomicFileWriter::AtomicFileWriter(std::string path, std::string target)
    : path_(std::move(path)), target_(std::move(target)) {}

absl::StatusOr<AtomicFileWriter> AtomicFileWriter::Open(const std::string& path) {
  absl::StatusOr<std::string> target = ResolveTarget(path);
  if (!target.ok()) return target.status();
  AtomicFileWriter file(path, *std::move(target));
  file.fd_ = OpenNameless(DirectoryOf(file.target_));
  if (!file.fd_.is_open() && !file.CreateNamed()) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot create"));
  }
  return file;
}

bool AtomicFileWriter::CreateNamed() {
  do {
    temp_ = TemporaryName(target_);
    fd_.Reset(sys::Open(temp_, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    // A crashed process with our pid may have left one; the next number is free.
  } while (!fd_.is_open() && errno == EEXIST);
  if (!fd_.is_open()) temp_.clear();
  return fd_.is_open();
}

bool AtomicFileWriter::GiveName() {
  std::string name;
  do {
    name = TemporaryName(target_);
    if (sys::LinkDescriptor(fd_.get(), name) == 0) {
      temp_ = std::move(name);
      return true;
    }
  } while (errno == EEXIST);
  return CopyToNamed();
}

// For systems that let nobody link files, as Android's.
bool AtomicFileWriter::CopyToNamed() {
  const ScopedFd nameless = std::move(fd_);
  if (!CreateNamed()) return false;
  std::string piece(size_t{1} << 20, '\0');
  for (int64_t offset = 0; offset < size_;) {
    const ssize_t n = sys::PRead(nameless.get(), piece.data(), piece.size(), offset);
    if (n == 0) errno = EIO;
    if (n <= 0 || !WriteAll(fd_.get(), absl::string_view(piece.data(), static_cast<size_t>(n)))) return false;
    offset += n;
  }
  return sys::FSync(fd_.get()) == 0;
}

AtomicFileWriter::~AtomicFileWriter() {
  if (fd_.is_open() && !temp_.empty()) sys::Unlink(temp_);
}

absl::Status AtomicFileWriter::Fail(int error_number, absl::string_view action) {
  status_ = absl::ErrnoToStatus(error_number, absl::StrCat(path_, ": cannot ", action));
  fd_.Reset();
  if (!temp_.empty()) sys::Unlink(temp_);
  return status_;
}

absl::Status AtomicFileWriter::Append(absl::string_view bytes) {
  if (!status_.ok()) return status_;
  SG_CHECK(fd_.is_open()) << "[AtomicFileWriter] Append to " << path_ << " after Commit";
  if (!WriteAll(fd_.get(), bytes)) return Fail(errno, "write");
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status AtomicFileWriter::Overwrite(int64_t offset, absl::string_view bytes) {
  if (!status_.ok()) return status_;
  SG_CHECK(fd_.is_open()) << "[AtomicFileWriter] Overwrite in " << path_ << " after Commit";
  SG_CHECK(offset >= 0 && offset <= size_ && static_cast<int64_t>(bytes.size()) <= size_ - offset)
      << "[AtomicFileWriter] Overwrite of " << bytes.size() << " bytes at " << offset << " of the " << size_
      << " written to " << path_;
  while (!bytes.empty()) {
    const ssize_t n = sys::PWrite(fd_.get(), bytes.data(), bytes.size(), offset);
    if (n < 0) return Fail(errno, "write");
    if (n == 0) return Fail(EIO, "write");
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += n;
  }
  return absl::OkStatus();
}

absl::Status AtomicFileWriter::Commit() {
  if (!status_.ok()) return status_;
  SG_CHECK(fd_.is_open()) << "[AtomicFileWriter] second Commit of " << path_;
  if (sys::FSync(fd_.get()) != 0) return Fail(errno, "sync");
  if (temp_.empty() && !GiveName()) return Fail(errno, "name the finished temporary file");
  // An error of close() is a late write error of a network disk.
  if (sys::Close(fd_.Release()) != 0) return Fail(errno, "close");
  if (sys::Rename(temp_, target_) != 0) return Fail(errno, "rename the finished temporary file to it");
  const absl::StatusOr<ScopedFd> directory = OpenDirectory(DirectoryOf(target_));
  if (!directory.ok()) {
    return absl::Status(
        directory.status().code(),
        absl::StrCat(path_, ": written, but cannot sync its directory: ", directory.status().message()));
  }
  return SyncDirectory(*directory, absl::StrCat(path_, ": written, but cannot sync its directory"));
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes) {
  absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open(path);
  if (!file.ok()) return file.status();
  if (absl::Status status = file->Append(bytes); !status.ok()) return status;
  return file->Commit();
}

std::string TemporaryName(absl::string_view target) {
  static std::atomic<int64_t> counter{0};
  return absl::StrCat(target, kTemporaryInfix, getpid(), ".", counter.fetch_add(1));
}

std::optional<absl::string_view> TargetOfTemporary(absl::string_view name) {
  const size_t infix = name.rfind(kTemporaryInfix);
  if (infix == absl::string_view::npos || infix == 0) return std::nullopt;
  const absl::string_view numbers = name.substr(infix + kTemporaryInfix.size());  // "<pid>.<n>"
  const size_t dot = numbers.find('.');
  if (dot == absl::string_view::npos) return std::nullopt;
  if (!IsDecimal(numbers.substr(0, dot)) || !IsDecimal(numbers.substr(dot + 1))) return std::nullopt;
  return name.substr(0, infix);
}

}  // namespace sg::io
