#include "engine/base/log.h"

#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <utility>

#include "absl/cleanup/cleanup.h"

namespace sg {
namespace {

struct State {
  std::mutex mutex;
  LogSink sink;  // null: stderr
};

// Never destroyed: threads that outlive main() may log.
State& GlobalState() {
  static State* const state = new State;
  return *state;
}

void WriteToStderr(LogLevel level, absl::string_view message) {
  // A terminal may show a line of progress, which an error must not continue.
  const bool new_line = level == LogLevel::kError && isatty(STDERR_FILENO) == 1;
  // In one call, so that lines of several processes do not mix, and without taking memory: there may be none left.
  std::fprintf(stderr, "%s%.*s\n", new_line ? "\n" : "", static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
}

}  // namespace

void LogMessage(LogLevel level, absl::string_view message) {
  // A sink that fails logs its failure, and must not wait for itself.
  static thread_local bool inside = false;
  if (inside) return WriteToStderr(level, message);
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
  inside = true;
  const absl::Cleanup leave = [] { inside = false; };
  state.sink ? state.sink(level, message) : WriteToStderr(level, message);
}

LogSinkScope::LogSinkScope(LogSink sink) : outer_(std::move(sink)) {
  const std::lock_guard<std::mutex> lock(GlobalState().mutex);
  std::swap(GlobalState().sink, outer_);
}

LogSinkScope::~LogSinkScope() {
  const std::lock_guard<std::mutex> lock(GlobalState().mutex);
  std::swap(GlobalState().sink, outer_);
}

}  // namespace sg
