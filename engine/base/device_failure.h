// What happens when the hardware fails: its memory is full, a kernel faulted, a library refuses. That is no mistake in
// the program (SG_CHECK). By default it ends the process with one clear error and an exit code, without a core dump,
// after the program has had a last chance to save something:
//
//   const DeviceFailureScope scope([&](const DeviceFailure&) { return Save() + "\n"; });
//   Train();  // on a failure: its message, what the handler returns, exit code 1
//
// A program that must live on, such as a server, runs each piece of work inside CatchDeviceFailure:
//
//   Image image;
//   const absl::Status status = CatchDeviceFailure([&] { image = sampler.Draw(request); });
//   if (!status.ok()) return Reply(503, status.message());  // "[Pool] out of memory: 4096 MiB asked for; ..."
#ifndef ENGINE_BASE_DEVICE_FAILURE_H_
#define ENGINE_BASE_DEVICE_FAILURE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace sg {

struct DeviceFailure {
  enum class Kind : uint8_t { kOutOfMemory, kOther };
  Kind kind = Kind::kOther;
  // The device works as before, and the call that failed has changed nothing. True where a pool has no more memory.
  // False where a driver or a library has failed: most such errors repeat until the process ends.
  bool recoverable = false;
  std::string message;         // one sentence: what failed, and where
  int64_t capacity_bytes = 0;  // out of memory: the most that tensors could have; 0 if unknown
};

// The status of a process that FailDevice ends: that of a command that was right and of which something failed.
inline constexpr int kDeviceFailureExitCode = 1;

// Called by a backend. Where CatchDeviceFailure can catch the failure, returns to it. Otherwise logs the message
// (engine/base/log.h), runs the handler of the innermost DeviceFailureScope, logs its text, and exits. Destructors do
// not run, because they would use the device. A failure inside the handler is logged, and ends the process without
// calling the handler again. A failure on another thread waits for the end.
//
// The caller must hold no lock that a destructor or the handler needs, and must not be inside an OpenMP region, a
// destructor or a callback of a C library. Backends allocate on the thread that called them, before they start others.
[[noreturn]] void FailDevice(const DeviceFailure& failure);

// Runs `work` on this thread. Returns ResourceExhausted with the message where `work` ran out of memory: that of a
// device (a recoverable failure), or the host's (std::bad_alloc). No handler runs then, and nothing is logged. Failures
// that are not recoverable, and failures on other threads, end the process as above. Calls nest; the innermost catches.
//
// After an error:
// - The device works. All memory that only `work` used is free again.
// - Tensors that `work` was not writing in place keep their values, and so do graphs that were recorded before.
// - What `work` was changing may be half changed. A Trainer in the middle of a step must be loaded again.
// - The variables that `work` was to assign are unchanged if it assigns them at its end, as in the example.
//
// Inside, the failure travels as a C++ exception. It leaves CatchDeviceFailure only as the Status; callers need no
// exception handling, and `work` must not catch with `catch (...)`.
absl::Status CatchDeviceFailure(const std::function<void()>& work);

// Registers a handler for the life of the scope, for the whole process. Scopes nest: an inner one takes the outer one's
// place. The handler runs on the thread that failed, in the middle of its work: it must not use the device, nor rely on
// what the interrupted code was changing. It returns text to log, with line breaks, or nothing.
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
