#include "gan/train/folder_lock.h"

#include <sys/types.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/io/directory.h"
#include "engine/io/lock_holder.h"

namespace sg::gan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPoll(1), kLastPoll(50);
constexpr std::chrono::milliseconds kQuiet(500);

// "process 4711", or "another process" if it is not known.
std::string Holder(const io::ScopedFd& folder) {
  const std::optional<pid_t> process = io::LockHolder(folder);
  return process.has_value() ? absl::StrCat("process ", *process) : "another process";
}

}  // namespace

absl::StatusOr<io::ScopedFd> LockFolder(const std::string& path) {
  absl::StatusOr<io::ScopedFd> folder = io::OpenDirectory(path);
  if (!folder.ok()) return folder;
  const absl::StatusOr<bool> locked = io::LockDirectory(*folder, path);
  if (!locked.ok()) return locked.status();
  if (!*locked) return absl::UnavailableError(absl::StrCat(path, ": ", Holder(*folder), " is training there"));
  return folder;
}

absl::StatusOr<io::ScopedFd> WaitForFolder(const std::string& path, const LockWaiting& waiting) {
  absl::StatusOr<io::ScopedFd> folder = io::OpenDirectory(path);
  if (!folder.ok()) return folder;
  const Clock::time_point begin = Clock::now();
  bool told = false;
  std::chrono::milliseconds poll = kFirstPoll;
  for (;;) {
    const absl::StatusOr<bool> locked = io::LockDirectory(*folder, path);
    if (!locked.ok()) return locked.status();
    if (*locked) return folder;
    if (waiting.stop_requested && waiting.stop_requested()) {
      return absl::CancelledError(absl::StrCat(path, ": stopped while ", Holder(*folder), " had it locked"));
    }
    const Clock::duration waited = Clock::now() - begin;
    if (waited >= waiting.patience) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waiting.patience).count();
      return absl::UnavailableError(absl::StrCat(path, ": ", Holder(*folder), " has had it locked for ", seconds,
                                                 " seconds; end that process, or choose another folder"));
    }
    if (!told && waited >= kQuiet) {
      told = true;
      if (waiting.on_wait)
        waiting.on_wait(absl::StrCat("waiting for ", path, ", which ", Holder(*folder), " has locked"));
    }
    std::this_thread::sleep_for(poll);
    poll = std::min(2 * poll, kLastPoll);
  }
}

}  // namespace sg::gan
