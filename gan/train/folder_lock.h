// The lock of a folder in which runs are made, or of a run's own: one process at a time.
//
//   LockWaiting waiting;
//   waiting.stop_requested = StopRequested;
//   waiting.on_wait = [](absl::string_view sentence) { std::cerr << sentence << "\n"; };
//   absl::StatusOr<io::ScopedFd> lock = WaitForFolder("training-runs", waiting);   // held while `lock` lives
#ifndef GAN_TRAIN_FOLDER_LOCK_H_
#define GAN_TRAIN_FOLDER_LOCK_H_

#include <chrono>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::gan {

struct LockWaiting {
  std::function<bool()> stop_requested;            // asked at least twenty times a second; empty: never
  std::function<void(absl::string_view)> on_wait;  // once, after half a second: what is waited for, and who holds it
  std::chrono::milliseconds patience{60'000};
};

// Locks a folder at once. Unavailable, with the process that holds it, if another one does: "runs/00000-x: process 4711
// is training there".
absl::StatusOr<io::ScopedFd> LockFolder(const std::string& path);

// Locks a folder, which may take until another process has made its run. Cancelled if a stop was requested, Unavailable
// with the holder after `patience`.
absl::StatusOr<io::ScopedFd> WaitForFolder(const std::string& path, const LockWaiting& waiting);

}  // namespace sg::gan

#endif  // GAN_TRAIN_FOLDER_LOCK_H_
