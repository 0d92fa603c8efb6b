// The stand-in reports misuse with one sentence and aborts. Real CUDA would corrupt memory, return an error much later
// or give a wrong number now and then. A test must fail at once, at the wrong call.
#ifndef TESTS_FAKE_CUDA_STAND_IN_CHECK_H_
#define TESTS_FAKE_CUDA_STAND_IN_CHECK_H_

#include <sstream>
#include <string>

namespace fake_cuda {

// Prints "[fake_cuda] <message>", the running call or kernel and the host's stack, and aborts.
[[noreturn]] void Fail(const std::string& message);

// The function of NVIDIA's or the kernel that messages name.
void SetContext(std::string context);
const std::string& Context();

class Failure {
 public:
  [[noreturn]] ~Failure() { Fail(stream_.str()); }
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace fake_cuda

#define FAKE_CUDA_CHECK(condition)                              \
  (__builtin_expect(static_cast<bool>(condition), 1)) ? (void)0 \
                                                      : ::fake_cuda::Voidify() & ::fake_cuda::Failure().stream()

#endif  // TESTS_FAKE_CUDA_STAND_IN_CHECK_H_
