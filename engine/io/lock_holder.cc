#include "engine/io/lock_holder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/io/input_file.h"
#include "engine/io/system_calls.h"

namespace sg::io {

std::optional<pid_t> LockHolder(const ScopedFd& directory) {
  struct stat info;
  if (sys::FStat(directory.get(), &info) != 0) return std::nullopt;
  constexpr int64_t kMaxBytes = int64_t{4} << 20;  // of ten thousands of locks
  const absl::StatusOr<std::string> locks = ReadFile("/proc/locks", kMaxBytes);
  return locks.ok() ? LockHolderIn(*locks, info.st_dev, info.st_ino) : std::nullopt;
}

std::optional<pid_t> LockHolderIn(absl::string_view locks, dev_t device, ino_t inode) {
  // "4: FLOCK  ADVISORY  WRITE 14052 fe:00:10986007 0 EOF". A process that waits has "->" before FLOCK.
  const std::string file = absl::StrFormat("%02x:%02x:%d", major(device), minor(device), inode);
  for (const absl::string_view line : absl::StrSplit(locks, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    pid_t process = 0;
    if (words.size() < 6 || words[1] != "FLOCK" || words[5] != file) continue;
    if (absl::SimpleAtoi(words[4], &process) && process > 0) return process;
  }
  return std::nullopt;
}

}  // namespace sg::io
