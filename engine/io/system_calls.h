// Every system call that engine/io makes on files. All of them pass through here, so that a test can make any of them
// fail (fault_injection.h).
//
//   const ssize_t n = sys::Write(fd, p, size);
//   if (n < 0) return absl::ErrnoToStatus(errno, "cannot write");
//
// The functions are those of POSIX, with their results and with errno. One thing differs: a call that a signal has
// interrupted (EINTR) is repeated, so no caller sees it. Reads and writes may be short.
#ifndef ENGINE_IO_SYSTEM_CALLS_H_
#define ENGINE_IO_SYSTEM_CALLS_H_

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sg::io {

enum class SystemCall : uint8_t {
  kOpen,
  kStat,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kClose,
  kLink,
  kRename,
  kUnlink,
  kMakeDirectory,
  kReadDirectory,
  kLock,
  kResolve,
};
inline constexpr int kNumSystemCalls = static_cast<int>(SystemCall::kResolve) + 1;

namespace sys {

int Open(const std::string& path, int flags, mode_t mode = 0);
int Stat(const std::string& path, struct stat* info);
int LStat(const std::string& path, struct stat* info);
int FStat(int fd, struct stat* info);
ssize_t PRead(int fd, void* out, size_t size, int64_t offset);
ssize_t Write(int fd, const void* data, size_t size);
ssize_t PWrite(int fd, const void* data, size_t size, int64_t offset);
int FTruncate(int fd, int64_t size);
int FSync(int fd);
int SyncFs(int fd);  // the whole file system
// The descriptor is closed even after an error. EINTR is no error then, and must not be repeated.
int Close(int fd);
// Gives the file of a descriptor, which may have none yet, the name `path`. Needs /proc.
int LinkDescriptor(int fd, const std::string& path);
int Rename(const std::string& from, const std::string& to);
int Unlink(const std::string& path);
int MakeDir(const std::string& path, mode_t mode);
// Sets *entry to the next entry, or to null at the end.
int ReadDir(DIR* directory, dirent** entry);
int FLock(int fd, int operation);
// Sets *resolved to the path without symbolic links.
int RealPath(const std::string& path, std::string* resolved);

}  // namespace sys

namespace internal {

// What happens to a call instead of its usual effect.
struct Fault {
  int error = 0;                // it fails with this errno; 0: it is carried out
  size_t max_bytes = SIZE_MAX;  // a read or a write transfers no more than this
};

class FaultSource {
 public:
  virtual ~FaultSource() = default;
  // Called before every call, on any thread.
  virtual Fault Next(SystemCall call) = 0;
};

// Null in every program. Only FaultInjection sets it, which Bazel lets nothing but tests use.
extern std::atomic<FaultSource*> fault_source;

}  // namespace internal
}  // namespace sg::io

#endif  // ENGINE_IO_SYSTEM_CALLS_H_
