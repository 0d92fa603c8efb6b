#include "tools/cli/standard_output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/status/status.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"

namespace sg::cli {
namespace {

// Whether the other end of the pipe is closed. The error of a write that failed long ago is no longer known.
bool ReaderHasGone() {
  pollfd out = {STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, /*timeout=*/0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int FinishOutput(const Program& program, int exit_code) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int error = errno;
  if ((flushed && std::ferror(stdout) == 0) || error == EPIPE || ReaderHasGone()) return exit_code;
  if (exit_code != kExitOk) return exit_code;  // one message is enough
  constexpr char kLost[] = "cannot write to standard output; a part of what was printed is lost";
  return Fail(program, kExitRuntimeError, error == 0 ? absl::UnknownError(kLost) : absl::ErrnoToStatus(error, kLost));
}

}  // namespace sg::cli
