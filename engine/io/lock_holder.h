// Who has locked a folder.
//
//   if (!*LockDirectory(*directory, path)) std::cout << LockHolder(*directory).value_or(-1) << " has it";
#ifndef ENGINE_IO_LOCK_HOLDER_H_
#define ENGINE_IO_LOCK_HOLDER_H_

#include <sys/types.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

// The process that holds the lock of LockDirectory, as far as the kernel tells: nullopt if none does, or if it runs on
// another machine or in another container. It may have given the lock up in the meantime.
std::optional<pid_t> LockHolder(const ScopedFd& directory);

// The process in the text of /proc/locks that holds a lock of flock() on the file with these numbers.
std::optional<pid_t> LockHolderIn(absl::string_view locks, dev_t device, ino_t inode);

}  // namespace sg::io

#endif  // ENGINE_IO_LOCK_HOLDER_H_
