// Owns a POSIX file descriptor and closes it.
//
//   const ScopedFd fd(open(path, O_RDONLY));
//   if (fd.is_open()) read(fd.get(), data, size);
#ifndef ENGINE_IO_SCOPED_FD_H_
#define ENGINE_IO_SCOPED_FD_H_

#include <utility>

#include "engine/io/system_calls.h"

namespace sg::io {

class ScopedFd {
 public:
  explicit ScopedFd(int fd = -1) : fd_(fd) {}
  ScopedFd(ScopedFd&& other) noexcept : fd_(other.Release()) {}
  ScopedFd& operator=(ScopedFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~ScopedFd() { Reset(); }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Gives up the descriptor, for a caller that wants to see the error of close().
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) sys::Close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

}  // namespace sg::io

#endif  // ENGINE_IO_SCOPED_FD_H_
