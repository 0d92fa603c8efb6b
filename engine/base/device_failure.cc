#include "engine/base/device_failure.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sg {
namespace {

std::atomic<DeviceFailureScope*> innermost{nullptr};
std::atomic<bool> failing{false};
thread_local bool failing_here = false;

void Print(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

DeviceFailureScope::DeviceFailureScope(Handler handler)
    : handler_(std::move(handler)), outer_(innermost.exchange(this)) {}

DeviceFailureScope::~DeviceFailureScope() { innermost = outer_; }

void FailDevice(const DeviceFailure& failure) {
  const bool nested = failing_here;
  if (!nested && failing.exchange(true)) {
    for (;;) pause();  // the thread that was first may be saving
  }
  failing_here = true;
  // A terminal may show a line of progress there. Before the handler, so that it is said whatever happens in there.
  Print((isatty(STDERR_FILENO) == 1 ? "\n" : "") + failure.message + "\n");
  const DeviceFailureScope* const scope = innermost;
  if (!nested && scope != nullptr) Print(scope->handler_(failure));
  std::fflush(nullptr);
  std::_Exit(kDeviceFailureExitCode);
}

}  // namespace sg
