#include "engine/io/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/io/system_calls.h"

namespace sg::io {

absl::StatusOr<ScopedFd> OpenDirectory(const std::string& path) {
  ScopedFd directory(sys::Open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open the folder"));
  return directory;
}

absl::Status SyncDirectory(const ScopedFd& directory, absl::string_view message) {
  // Some network file systems have no fsync for directories and say so with EINVAL.
  if (sys::FSync(directory.get()) == 0 || errno == EINVAL) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, message);
}

absl::Status SyncFileSystem(const ScopedFd& directory, absl::string_view message) {
  return sys::SyncFs(directory.get()) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, message);
}

absl::StatusOr<bool> LockDirectory(const ScopedFd& directory, const std::string& path) {
  if (sys::FLock(directory.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot lock the folder"));
}

absl::Status CheckIsDirectoryAt(const ScopedFd& directory, const std::string& path) {
  struct stat held, there;
  if (sys::FStat(directory.get(), &held) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot examine the folder"));
  }
  if (sys::Stat(path, &there) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot find the folder"));
  if (held.st_dev == there.st_dev && held.st_ino == there.st_ino) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, ": the folder was moved, and another one has its name now"));
}

absl::StatusOr<bool> IsRegularFile(const std::string& path) {
  struct stat info;
  if (sys::LStat(path, &info) == 0) return S_ISREG(info.st_mode);
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot examine"));
}

absl::StatusOr<std::vector<std::string>> NamesInDirectory(const std::string& path) {
  absl::StatusOr<ScopedFd> fd = OpenDirectory(path);
  if (!fd.ok()) return fd.status();
  DIR* const directory = fdopendir(fd->get());
  if (directory == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot list the folder"));
  fd->Release();  // belongs to `directory` now
  const absl::Cleanup close_directory = [directory] { closedir(directory); };
  std::vector<std::string> names;
  for (;;) {
    dirent* entry = nullptr;
    if (sys::ReadDir(directory, &entry) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot list the folder"));
    }
    if (entry == nullptr) break;
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status MakeDirectory(const std::string& path) {
  if (sys::MakeDir(path, 0777) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot make the folder"));
}

absl::Status MakeDirectories(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    struct stat info;
    if (sys::Stat(part, &info) == 0) continue;
    const absl::Status made = MakeDirectory(part);
    // Another process may have been faster.
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  }
  struct stat info;
  if (sys::Stat(path, &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot make the folder"));
  if (!S_ISDIR(info.st_mode)) {
    return absl::ErrnoToStatus(ENOTDIR, absl::StrCat(path, ": cannot make the folder"));
  }
  return absl::OkStatus();
}

absl::Status RemoveFile(const std::string& path) {
  if (sys::Unlink(path) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot remove it"));
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (sys::Rename(from, to) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(from, ": cannot rename it"));
}

}  // namespace sg::io
