#include "tests/fake_cuda/stand_in/check.h"

#include <execinfo.h>
#include <unistd.h>

#include <cstdlib>

namespace fake_cuda {
namespace {

std::string& ContextRef() {
  static std::string& context = *new std::string;
  return context;
}

void Write(const std::string& text) {
  const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

}  // namespace

void SetContext(std::string context) { ContextRef() = std::move(context); }
const std::string& Context() { return ContextRef(); }

void Fail(const std::string& message) {
  Write("[fake_cuda] " + message + (Context().empty() ? "" : "\n  in " + Context()) + "\n");
  void* frames[32];
  backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
  std::abort();
}

}  // namespace fake_cuda
