#include "engine/base/device_failure.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/strip.h"
#include "engine/base/log.h"

namespace sg {
namespace {

std::atomic<DeviceFailureScope*> innermost{nullptr};
std::atomic<bool> failing{false};
thread_local bool failing_here = false;

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
  LogMessage(LogLevel::kError, failure.message);  // before the handler runs, in case it crashes
  const DeviceFailureScope* const scope = innermost;
  if (!nested && scope != nullptr) {
    const std::string text = scope->handler_(failure);
    if (!text.empty()) LogMessage(LogLevel::kInfo, absl::StripSuffix(text, "\n"));
  }
  std::fflush(nullptr);
  std::_Exit(kDeviceFailureExitCode);
}

}  // namespace sg
