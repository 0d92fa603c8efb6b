// Repeats a system call that a signal has interrupted.
//
//   const ssize_t n = RetryOnEintr([&] { return write(fd, p, size); });
#ifndef ENGINE_IO_RETRY_ON_EINTR_H_
#define ENGINE_IO_RETRY_ON_EINTR_H_

#include <cerrno>

namespace sg::io {

// Returns the result of the first call that is not -1 with EINTR in errno.
template <typename Call>
auto RetryOnEintr(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace sg::io

#endif  // ENGINE_IO_RETRY_ON_EINTR_H_
