// A file in memory with a path, for parsers that open files themselves.
//
//   const MemoryFile file(data, size);
//   const absl::StatusOr<io::NpyArray> array = io::ReadNpy(file.path(), /*max_values=*/1 << 20);
#ifndef TESTS_FUZZ_MEMORY_FILE_H_
#define TESTS_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "engine/base/check.h"
#include "engine/io/scoped_fd.h"

namespace sg::fuzz {

class MemoryFile {
 public:
  MemoryFile(const void* data, size_t size) : fd_(memfd_create("input", MFD_CLOEXEC)) {
    SG_CHECK(fd_.is_open()) << "[MemoryFile] memfd_create failed";
    const bool written = size == 0 || write(fd_.get(), data, size) == static_cast<ssize_t>(size);
    SG_CHECK(written) << "[MemoryFile] cannot write " << size << " bytes";
    path_ = "/proc/self/fd/" + std::to_string(fd_.get());
  }

  // Valid while this object lives, and only in this process.
  const std::string& path() const { return path_; }

 private:
  io::ScopedFd fd_;
  std::string path_;
};

}  // namespace sg::fuzz

#endif  // TESTS_FUZZ_MEMORY_FILE_H_
