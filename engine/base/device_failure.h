// How a failure of the hardware ends the process: its memory is full, a kernel faulted, a library refuses. That is no
// mistake in the program (SG_CHECK) and nothing that its callers could go on from: after most such errors the device
// answers nothing any more. So there is one clear error and an exit code, no core dump, and before it a last chance for
// whoever has something to save.
//
//   const DeviceFailureScope scope([&](const DeviceFailure&) { return Save() + "\n"; });
//   Train();  // on a failure: its message, what the handler returns, exit code 1
#ifndef ENGINE_BASE_DEVICE_FAILURE_H_
#define ENGINE_BASE_DEVICE_FAILURE_H_

#include <cstdint>
#include <functional>
#include <string>

namespace sg {

struct DeviceFailure {
  enum class Kind : uint8_t { kOutOfMemory, kOther };
  Kind kind = Kind::kOther;
  std::string message;         // one sentence: what failed, and where
  int64_t capacity_bytes = 0;  // out of memory: all that tensors could have had; 0 where nobody knows
};

// The status of a process that FailDevice ends: that of a command that was right and of which something failed.
inline constexpr int kDeviceFailureExitCode = 1;

// Prints the message on stderr, then what the handler of the innermost scope returns, and exits without running
// destructors, which would use the device. A failure inside the handler is printed, and ends the process without
// calling it again; one on another thread waits for the end.
[[noreturn]] void FailDevice(const DeviceFailure& failure);

// Registers a handler for the life of the scope, for the whole process. Scopes nest: an inner one takes the outer one's
// place. The handler runs on the thread that failed, in the middle of whatever that was doing: it must not use the
// device, nor rely on what the interrupted code was changing. It returns text to print, with line breaks, or nothing.
class DeviceFailureScope {
 public:
  using Handler = std::function<std::string(const DeviceFailure&)>;
  explicit DeviceFailureScope(Handler handler);
  ~DeviceFailureScope();
  DeviceFailureScope(const DeviceFailureScope&) = delete;
  DeviceFailureScope& operator=(const DeviceFailureScope&) = delete;

 private:
  friend void FailDevice(const DeviceFailure& failure);

  const Handler handler_;
  DeviceFailureScope* const outer_;
};

}  // namespace sg

#endif  // ENGINE_BASE_DEVICE_FAILURE_H_
