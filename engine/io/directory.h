// Directories, and the names in them.
//
//   absl::StatusOr<ScopedFd> directory = OpenDirectory("runs");
//   if (!directory.ok()) return directory.status();
//   absl::StatusOr<bool> locked = LockDirectory(*directory, "runs");
//   if (absl::Status s = RenameFile("runs/a", "runs/b"); !s.ok()) return s;
//   return SyncDirectory(*directory, "runs: cannot sync the folder");   // the new name is durable
//
// Errors are one sentence that begins with the path.
#ifndef ENGINE_IO_DIRECTORY_H_
#define ENGINE_IO_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

absl::StatusOr<ScopedFd> OpenDirectory(const std::string& path);

// Returns once the names in the directory are on the disk. A file system that has no fsync for directories is no error.
// An error's message is `message` and the reason.
absl::Status SyncDirectory(const ScopedFd& directory, absl::string_view message);

// Returns once everything on the directory's file system is on the disk: for many files, it is much quicker than an
// fsync of each. An error's message is `message` and the reason.
absl::Status SyncFileSystem(const ScopedFd& directory, absl::string_view message);

// Locks the directory for the life of the descriptor, against other descriptors and processes that lock it. Returns
// false if another one has it. `path` is for the message of an error.
absl::StatusOr<bool> LockDirectory(const ScopedFd& directory, const std::string& path);

// FailedPrecondition if `path` no longer leads to this directory: it was moved, removed or replaced.
absl::Status CheckIsDirectoryAt(const ScopedFd& directory, const std::string& path);

// Whether a path is a regular file, and not a link to one. NotFound if there is nothing.
absl::StatusOr<bool> IsRegularFile(const std::string& path);

// The names in a directory, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> NamesInDirectory(const std::string& path);

// AlreadyExists if there is anything of that name.
absl::Status MakeDirectory(const std::string& path);
// Makes the directories above it, too, and accepts those that exist.
absl::Status MakeDirectories(const std::string& path);

// NotFound if there is no such file. The change is durable after SyncDirectory.
absl::Status RemoveFile(const std::string& path);
absl::Status RenameFile(const std::string& from, const std::string& to);

}  // namespace sg::io

#endif  // ENGINE_IO_DIRECTORY_H_
