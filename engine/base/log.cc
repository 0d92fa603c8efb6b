#include "engine/base/log.h"

#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

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
  std::string line(message);
  line += '\n';
  // A terminal may show a line of progress, which an error must not continue.
  if (level == LogLevel::kError && isatty(STDERR_FILENO) == 1) line.insert(0, "\n");
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

void LogMessage(LogLevel level, absl::string_view message) {
  State& state = GlobalState();
  const std::lock_guard<std::mutex> lock(state.mutex);
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
