// Messages that the library gives by itself, outside of any result: a fallback that it takes, a device that failed.
// They go to stderr, a line each, unless a program takes them:
//
//   const LogSinkScope scope([&](LogLevel level, absl::string_view message) { window.Show(message); });
//
// The only other writer to stderr under engine, nn and gan is SG_CHECK with the last words of a process.
#ifndef ENGINE_BASE_LOG_H_
#define ENGINE_BASE_LOG_H_

#include <cstdint>
#include <functional>

#include "absl/strings/string_view.h"

namespace sg {

enum class LogLevel : uint8_t {
  kInfo,   // the work continues
  kError,  // the work cannot continue
};

// Receives a message of one or more lines, without a line break at the end.
using LogSink = std::function<void(LogLevel level, absl::string_view message)>;

// Hands a message to the sink of the innermost scope. Any thread may call it; the calls of a sink are one at a time, so
// a sink must not log.
void LogMessage(LogLevel level, absl::string_view message);

// Takes the messages of the whole process for the life of the scope. Scopes nest: an inner one takes the outer one's
// place, and must be destroyed first. After the destructor no thread is in the sink.
class LogSinkScope {
 public:
  explicit LogSinkScope(LogSink sink);
  ~LogSinkScope();
  LogSinkScope(const LogSinkScope&) = delete;
  LogSinkScope& operator=(const LogSinkScope&) = delete;

 private:
  LogSink outer_;
};

}  // namespace sg

#endif  // ENGINE_BASE_LOG_H_
