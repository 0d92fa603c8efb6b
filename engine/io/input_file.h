// A regular file that is open for reading at any position. Reads with pread rather than mmap: if another process
// truncates the file meanwhile, that is an error and not a SIGBUS.
//
//   absl::StatusOr<InputFile> file = InputFile::Open("z.npy");
//   if (file.ok()) status = file->ReadAt(0, magic, sizeof magic);
#ifndef ENGINE_IO_INPUT_FILE_H_
#define ENGINE_IO_INPUT_FILE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/io/scoped_fd.h"

namespace sg::io {

// Errors are one sentence that begins with the path.
class InputFile {
 public:
  static absl::StatusOr<InputFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // bytes, when it was opened

  // Fills out[0, size) with the bytes from `offset` on. Too few of them are an error.
  absl::Status ReadAt(int64_t offset, void* out, int64_t size) const;
  // Reads up to `size` bytes, as many as one call of the system gives. Returns their number; 0 at the end of the file.
  absl::StatusOr<int64_t> ReadSome(int64_t offset, void* out, int64_t size) const;

 private:
  InputFile(std::string path, ScopedFd fd, int64_t size) : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  std::string path_;
  ScopedFd fd_;
  int64_t size_;
};

// All bytes of a regular file; ResourceExhausted if there are more than `max_bytes`. The file's length is not trusted:
// files of /proc say 0, and a file may grow while it is read.
//
//   const absl::StatusOr<std::string> json = ReadFile("options.json", 1 << 20);
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

}  // namespace sg::io

#endif  // ENGINE_IO_INPUT_FILE_H_
