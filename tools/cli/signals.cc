#include "tools/cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "engine/base/check.h"
#include "engine/io/standard_streams.h"
#include "tools/cli/exit_codes.h"

namespace sg::cli {
namespace {

std::atomic<int> stop_signal{0};
std::atomic<bool> save_requested{false};
std::atomic<bool> on_terminal{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler must not wait for a lock");

constexpr char kAnswer[] = "\nStopping at the next safe point; press Ctrl-C again to stop immediately.\n";

// The handlers may only make async-signal-safe calls.
void HandleStop(int signal) {
  int expected = 0;
  if (!stop_signal.compare_exchange_strong(expected, signal)) {
    if (signal == SIGINT) _exit(kExitInterrupted);
    return;
  }
  if (signal == SIGINT && on_terminal) {
    const int saved_errno = errno;
    // A handler can do nothing about a failure.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kAnswer, sizeof(kAnswer) - 1);
    errno = saved_errno;
  }
}

void HandleSave(int) { save_requested = true; }

void Install(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  SG_CHECK(sigaction(signal, &action, nullptr) == 0) << "[Install] sigaction(" << signal << ") failed";
}

}  // namespace

void TolerateLostConsole() {
  Install(SIGPIPE, SIG_IGN);
  io::OpenStandardStreams();
}

void InstallSignalHandlers() {
  on_terminal = isatty(STDERR_FILENO) == 1;
  Install(SIGINT, HandleStop);
  Install(SIGTERM, HandleStop);
  struct sigaction at_start = {};
  sigaction(SIGHUP, nullptr, &at_start);
  if (at_start.sa_handler != SIG_IGN) Install(SIGHUP, HandleStop);
  Install(SIGUSR1, HandleSave);
  Install(SIGXFSZ, SIG_IGN);
}

bool StopRequested() { return stop_signal != 0; }

int StopSignal() { return stop_signal; }

bool TakeSaveRequest() { return save_requested.exchange(false); }

void ReRaise(int signal) {
  std::fflush(stdout);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
  sigset_t only_this;
  sigemptyset(&only_this);
  sigaddset(&only_this, signal);
  sigprocmask(SIG_UNBLOCK, &only_this, nullptr);
  raise(signal);
  // Reached for a signal whose default action does not end the process.
  _exit(128 + signal);
}

}  // namespace sg::cli
