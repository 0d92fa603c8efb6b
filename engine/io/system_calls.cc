#include "engine/io/system_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sg::io {
namespace internal {

std::atomic<FaultSource*> fault_source{nullptr};

}  // namespace internal

namespace {

internal::Fault NextFault(SystemCall kind) {
  internal::FaultSource* const source = internal::fault_source.load(std::memory_order_acquire);
  return source == nullptr ? internal::Fault() : source->Next(kind);
}

// call(max_bytes) until no signal interrupts it. Its result must be -1 after an error.
template <typename Call>
auto Repeat(SystemCall kind, Call call) {
  for (;;) {
    const internal::Fault fault = NextFault(kind);
    decltype(call(size_t{})) result = -1;
    if (fault.error != 0) {
      errno = fault.error;
    } else {
      result = call(fault.max_bytes);
    }
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace

namespace sys {

int Open(const std::string& path, int flags, mode_t mode) {
  return Repeat(SystemCall::kOpen, [&](size_t) { return open(path.c_str(), flags, mode); });
}

int Stat(const std::string& path, struct stat* info) {
  return Repeat(SystemCall::kStat, [&](size_t) { return stat(path.c_str(), info); });
}

int LStat(const std::string& path, struct stat* info) {
  return Repeat(SystemCall::kStat, [&](size_t) { return lstat(path.c_str(), info); });
}

int FStat(int fd, struct stat* info) {
  return Repeat(SystemCall::kStat, [&](size_t) { return fstat(fd, info); });
}

ssize_t PRead(int fd, void* out, size_t size, int64_t offset) {
  return Repeat(SystemCall::kRead, [&](size_t most) { return pread(fd, out, std::min(size, most), offset); });
}

ssize_t Write(int fd, const void* data, size_t size) {
  return Repeat(SystemCall::kWrite, [&](size_t most) { return write(fd, data, std::min(size, most)); });
}

ssize_t PWrite(int fd, const void* data, size_t size, int64_t offset) {
  return Repeat(SystemCall::kWrite, [&](size_t most) { return pwrite(fd, data, std::min(size, most), offset); });
}

int FTruncate(int fd, int64_t size) {
  return Repeat(SystemCall::kTruncate, [&](size_t) { return ftruncate(fd, size); });
}

int FSync(int fd) {
  return Repeat(SystemCall::kSync, [&](size_t) { return fsync(fd); });
}

int SyncFs(int fd) {
  return Repeat(SystemCall::kSync, [&](size_t) { return syncfs(fd); });
}

int Close(int fd) {
  const internal::Fault fault = NextFault(SystemCall::kClose);
  int result = close(fd);
  if (fault.error != 0) {
    errno = fault.error;
    result = -1;
  }
  return result != 0 && errno == EINTR ? 0 : result;
}

int LinkDescriptor(int fd, const std::string& path) {
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  return Repeat(SystemCall::kLink,
                [&](size_t) { return linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW); });
}

int Rename(const std::string& from, const std::string& to) {
  return Repeat(SystemCall::kRename, [&](size_t) { return rename(from.c_str(), to.c_str()); });
}

int Unlink(const std::string& path) {
  return Repeat(SystemCall::kUnlink, [&](size_t) { return unlink(path.c_str()); });
}

int MakeDir(const std::string& path, mode_t mode) {
  return Repeat(SystemCall::kMakeDirectory, [&](size_t) { return mkdir(path.c_str(), mode); });
}

int ReadDir(DIR* directory, dirent** entry) {
  return Repeat(SystemCall::kReadDirectory, [&](size_t) {
    errno = 0;
    *entry = readdir(directory);
    return *entry == nullptr && errno != 0 ? -1 : 0;
  });
}

int FLock(int fd, int operation) {
  return Repeat(SystemCall::kLock, [&](size_t) { return flock(fd, operation); });
}

int RealPath(const std::string& path, std::string* resolved) {
  return Repeat(SystemCall::kResolve, [&](size_t) {
    char* const found = realpath(path.c_str(), nullptr);
    if (found == nullptr) return -1;
    *resolved = found;
    free(found);
    return 0;
  });
}

}  // namespace sys
}  // namespace sg::io
