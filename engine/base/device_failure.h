// Failures of the hardware: its memory is full, a kernel faulted, a library refused. These are no mistakes of the
// program (SG_CHECK). By default a failure ends the process with one clear error and an exit code, without a core dump.
// Before that, the program has a last chance to save something:
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
  // Whether the device works as before and the call that failed has changed nothing. True if a pool has no more memory.
  // False if a driver or a library has failed: most such errors repeat until the process ends.
  bool recoverable = false;
  std::string message;         // one sentence: what failed, and where
  int64_t capacity_bytes = 0;  // out of memory: the most that tensors could have; 0 if unknown
};

// The exit status of a process that FailDevice ends. It means that the command was right and that something failed.
inline constexpr int kDeviceFailureExitCode = 1;

// Called by a backend. If CatchDeviceFailure can catch the failure, control returns there. Otherwise logs the message
// (engine/base/log.h), runs the handler of the innermost DeviceFailureScope, logs its text, and exits. Destructors do
// not run, because they would use the device. A failure inside the handler is logged, and ends the process without
// calling the handler again. A failure on another thread waits for the end.
//
// The caller must hold no lock that a destructor or the handler needs, and must not be inside an OpenMP region, a
// destructor or a callback of a C library. Backends allocate on the thread that called them, before they start others.
[[noreturn]] void FailDevice(const DeviceFailure& failure);

// Runs `work` on this thread. Returns ResourceExhausted with a message if `work` ran out of memory of a device (a
// recoverable failure) or of the host (std::bad_alloc), or if the system refused a thread (std::system_error). Then no
// handler runs, and nothing is logged. Failures that are not recoverable, and failures on other threads, end the
// process as above. Calls nest; the innermost catches.
//
// After an error:
// - The device works. All memory that only `work` used is free again.
// - Tensors that `work` was not writing in place keep their values, and so do graphs that were recorded before.
// - What `work` was changing may be half changed. A Trainer in the middle of a step must be loaded again.
// - Variables that `work` assigns as its last step, as in the example, are unchanged.
//
// Inside, the failure travels as a C++ exception. It leaves CatchDeviceFailure only as the Status; callers need no
// exception handling, and `work` must not catch with `catch (...)`.
absl::Status CatchDeviceFailure(const std::function<void()>& work);

// For the main() of a program: from now on, an operator new that finds no memory is a failure of this kind, instead of
// a std::bad_alloc that nobody catches. Inside CatchDeviceFailure it still becomes the Status. Keeps some memory in
// reserve for the handler. A failure to get memory inside the handler ends the process at once.
void FailDeviceWhenNewFails();

// Registers a handler for the life of the scope, for the whole process. Scopes nest: an inner one takes the outer one's
// place. The handler runs on the thread that failed, in the middle of its work: it must not use the device, but
// tensors of the CPU can be read. What the interrupted code was changing may be half changed. It returns text to log,
// with line breaks, or nothing.
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
