// SG_CHECK ends the process on a programmer's mistake, with a sentence that names the operation and the operands.
//
//   SG_CHECK(w.dim(3) == x.dim(3)) << "[Conv2d] weight " << w << " expects " << w.dim(3) << " input channels";
//
// Errors that a user or a file can cause are returned as absl::Status instead.
#ifndef ENGINE_BASE_CHECK_H_
#define ENGINE_BASE_CHECK_H_

#include <sstream>

namespace sg::internal {

// Collects the message. The destructor prints it to stderr with the file and line, and aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

// Gives both branches of the macro's conditional the type void. `&` binds more loosely than `<<`.
struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace sg::internal

#define SG_CHECK(condition)                           \
  (__builtin_expect(static_cast<bool>(condition), 1)) \
      ? (void)0                                       \
      : ::sg::internal::Voidify() & ::sg::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()

#endif  // ENGINE_BASE_CHECK_H_
