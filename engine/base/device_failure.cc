#include "engine/base/device_failure.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

#include "absl/strings/strip.h"
#include "engine/base/log.h"

namespace sg {
namespace {

std::atomic<DeviceFailureScope*> innermost{nullptr};
std::atomic<bool> failing{false};
thread_local bool failing_here = false;

// How FailDevice returns to CatchDeviceFailure.
struct FailureInFlight {
  std::string message;
};

// A call of CatchDeviceFailure on this thread.
class CatchingScope {
 public:
  CatchingScope() : outer_(innermost_) { innermost_ = this; }
  ~CatchingScope() { innermost_ = outer_; }
  CatchingScope(const CatchingScope&) = delete;
  CatchingScope& operator=(const CatchingScope&) = delete;

  // False in a destructor that runs because of another exception: a second one would end the process without a message.
  static bool CanCatch() { return innermost_ != nullptr && std::uncaught_exceptions() == innermost_->exceptions_; }

 private:
  static thread_local CatchingScope* innermost_;

  CatchingScope* const outer_;
  const int exceptions_ = std::uncaught_exceptions();
};

thread_local CatchingScope* CatchingScope::innermost_ = nullptr;

}  // namespace

DeviceFailureScope::DeviceFailureScope(Handler handler)
    : handler_(std::move(handler)), outer_(innermost.exchange(this)) {}

DeviceFailureScope::~DeviceFailureScope() { innermost = outer_; }

void FailDevice(const DeviceFailure& failure) {
  if (failure.recoverable && !failing_here && CatchingScope::CanCatch()) throw FailureInFlight{failure.message};
  const bool nested = failing_here;
  if (!nested && failing.exchange(true)) {
    for (;;) pause();  // the thread that was first may be saving
  }
  failing_here = true;
  LogMessage(LogLevel::kError, failure.message);  // before the handler runs, in case it crashes
  const DeviceFailureScope* const scope = innermost;
  if (!nested && scope != nullptr) {
    const std::string text = scope->handler_(failure);
    if (!text.empty()) LogMessage(LogLevel::kInfo, absl::StripSuffix(text, "\n"));
  }
  std::fflush(nullptr);
  std::_Exit(kDeviceFailureExitCode);
}

absl::Status CatchDeviceFailure(const std::function<void()>& work) {
  const CatchingScope scope;
  try {
    work();
  } catch (const FailureInFlight& failure) {
    return absl::ResourceExhaustedError(failure.message);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of host memory");
  }
  return absl::OkStatus();
}

}  // namespace sg
