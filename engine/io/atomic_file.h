// Replaces a file atomically: after a crash the path holds either all of the old bytes or all of the new ones. Writes a
// file without a name in the same directory, fsyncs it, names it `<path>.tmp.<pid>.<n>`, renames it over the path and
// fsyncs the directory. A process that is killed while it writes leaves nothing behind. On a file system that knows no
// files without a name (NFS, FUSE) the temporary file has its name from the start.
//
//   absl::StatusOr<AtomicFileWriter> file = AtomicFileWriter::Open("run/model.safetensors");
//   if (!file.ok()) return file.status();
//   if (absl::Status s = file->Append(bytes); !s.ok()) return s;
//   return file->Commit();
//
// Errors are one sentence that begins with the path. After an error, and after destruction without Commit, the
// temporary file is gone and the old file is untouched. One exception: if only the last fsync, of the directory, fails,
// the new file is in place but may not survive a power cut. A symbolic link keeps pointing to the file that is
// replaced. A path that holds anything but a regular file is refused. The process should ignore SIGXFSZ; then a limit
// on file sizes is an error like a full disk.
#ifndef ENGINE_IO_ATOMIC_FILE_H_
#define ENGINE_IO_ATOMIC_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

class AtomicFileWriter {
 public:
  static absl::StatusOr<AtomicFileWriter> Open(const std::string& path);
  AtomicFileWriter(AtomicFileWriter&& other) noexcept = default;
  AtomicFileWriter& operator=(AtomicFileWriter&&) = delete;
  ~AtomicFileWriter();

  // Not buffered, so pieces should be large. Every call after the first error returns that error again.
  absl::Status Append(absl::string_view bytes);
  // Replaces bytes that were appended before, such as a header that is known only at the end.
  absl::Status Overwrite(int64_t offset, absl::string_view bytes);
  // To be called once, as the last call.
  absl::Status Commit();

  int64_t size() const { return size_; }  // bytes appended

 private:
  AtomicFileWriter(std::string path, std::string target);
  absl::Status Fail(int error_number, absl::string_view action);
  // Both return false and leave errno after an error.
  bool CreateNamed();
  bool GiveName();
  bool CopyToNamed();

  std::string path_;    // as the caller wrote it, for messages
  std::string target_;  // path_ with symbolic links followed
  std::string temp_;    // empty while the temporary file has no name
  ScopedFd fd_;         // open until Commit or the first error
  int64_t size_ = 0;
  absl::Status status_;
};

absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes);

// "a.txt.tmp.123.0" for "a.txt", with another number in each call: for what is to be renamed when it is complete. A
// crashed process with our pid may have left a file of that name.
std::string TemporaryName(absl::string_view target);
// Given the name of a temporary file, returns the name of the file that it was to replace: "a.txt" for
// "a.txt.tmp.123.0". Returns nullopt for a name that TemporaryName does not make.
std::optional<absl::string_view> TargetOfTemporary(absl::string_view name);

}  // namespace sg::io

#endif  // ENGINE_IO_ATOMIC_FILE_H_
