#include "engine/base/device_failure.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
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

  static bool Any() { return innermost_ != nullptr; }
  // False in a destructor that runs because of another exception: a second one would end the process without a message.
  static bool CanCatch() { return innermost_ != nullptr && std::uncaught_exceptions() == innermost_->exceptions_; }

 private:
  static thread_local CatchingScope* innermost_;

  CatchingScope* const outer_;
  const int exceptions_ = std::uncaught_exceptions();
};

thread_local CatchingScope* CatchingScope::innermost_ = nullptr;

// What FailDevice and its handler may use after operator new has failed.
constexpr size_t kReserveBytes = size_t{4} << 20;
std::atomic<void*> reserve{nullptr};

// The handler of operator new, which tries again if this returns.
void OnNewFailed() {
  if (CatchingScope::Any()) throw std::bad_alloc();
  void* const block = reserve.exchange(nullptr);
  std::free(block);
  if (block != nullptr && failing) return;
  static thread_local bool here = false;
  if (block != nullptr && !here) {
    here = true;
    DeviceFailure failure;
    failure.kind = DeviceFailure::Kind::kOutOfMemory;
    failure.recoverable = true;
    failure.message = "out of host memory";
    FailDevice(failure);
  }
  // The reserve is used up. Another thread may be saving, but it may also wait for this one.
  constexpr unsigned kPatienceSeconds = 60;
  if (!here && !failing_here) sleep(kPatienceSeconds);
  LogMessage(LogLevel::kError, "out of host memory, also while the failure was handled");
  std::_Exit(kDeviceFailureExitCode);
}

absl::Status OutOfHostMemory() {
  try {
    return absl::ResourceExhaustedError("out of host memory");
  } catch (const std::bad_alloc&) {
    return absl::Status(absl::StatusCode::kResourceExhausted, "");  // takes no memory
  }
}

}  // namespace

void FailDeviceWhenNewFails() {
  // Touched, because the system gives memory only when it is used.
  void* const block = std::malloc(kReserveBytes);
  if (block != nullptr) std::memset(block, 1, kReserveBytes);
  std::free(reserve.exchange(block));
  std::set_new_handler(OnNewFailed);
}

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
    return OutOfHostMemory();
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot start a thread: ", error.what()));
  }
  return absl::OkStatus();
}

}  // namespace sg
