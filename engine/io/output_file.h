// A file that is written in place and is readable at any time: a log, or a trace that must survive a killed process.
// Files that must be complete or absent are written with atomic_file.h.
//
//   absl::StatusOr<OutputFile> log = OutputFile::Open("run/log.txt", OutputFile::Mode::kAppend);
//   if (log.ok()) status = log->Append("step 10\n");
#ifndef ENGINE_IO_OUTPUT_FILE_H_
#define ENGINE_IO_OUTPUT_FILE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

// Errors are one sentence that begins with the path. The first error closes the file; later calls return it again.
class OutputFile {
 public:
  // Both create a file that is not there. kReplace empties one that is.
  enum class Mode { kReplace, kAppend };
  // A pipe or a device is allowed.
  static absl::StatusOr<OutputFile> Open(const std::string& path, Mode mode);

  // Unbuffered, and in one call of the system if that takes all of `bytes`: a killed process leaves at most the last
  // piece torn. If the disk is full, a file opened with kReplace is cut back to its last whole piece.
  absl::Status Append(absl::string_view bytes);
  // Reports what the system could not write after Append. The destructor closes too, without a report.
  absl::Status Close();

  const std::string& path() const { return path_; }
  bool is_open() const { return fd_.is_open(); }  // false after Close and after an error

 private:
  OutputFile(std::string path, ScopedFd fd, Mode mode) : path_(std::move(path)), fd_(std::move(fd)), mode_(mode) {}

  std::string path_;
  ScopedFd fd_;
  Mode mode_;
  int64_t size_ = 0;  // bytes of whole pieces
  absl::Status status_;
};

}  // namespace sg::io

#endif  // ENGINE_IO_OUTPUT_FILE_H_
