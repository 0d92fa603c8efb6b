#include "tools/cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

// Runs `body` in a child, which exits with what it returns; gives the child's wait status.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

int ExitCode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

TEST(SignalsTest, StopsAreRequestedAndRemembered) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = InChild([signal] {
      InstallSignalHandlers();
      if (StopRequested() || StopSignal() != 0) return 1;
      raise(signal);
      return StopRequested() && StopSignal() == signal ? 0 : 2;
    });
    EXPECT_EQ(ExitCode(status), 0) << signal;
  }
}

TEST(SignalsTest, TheSecondInterruptEndsAtOnce) {
  for (int first : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = InChild([first] {
      InstallSignalHandlers();
      raise(first);
      raise(SIGINT);
      return 0;
    });
    EXPECT_EQ(ExitCode(status), 130);
  }
}

TEST(SignalsTest, ARepeatedTerminationStillFinishesInOrder) {
  EXPECT_EQ(ExitCode(InChild([] {
              InstallSignalHandlers();
              raise(SIGINT);
              raise(SIGTERM);
              raise(SIGTERM);
              return StopSignal() == SIGINT ? 7 : 1;
            })),
            7);
}

TEST(SignalsTest, NohupStaysInForce) {
  EXPECT_EQ(ExitCode(InChild([] {
              signal(SIGHUP, SIG_IGN);
              InstallSignalHandlers();
              raise(SIGHUP);
              return StopRequested() ? 1 : 0;
            })),
            0);
}

TEST(SignalsTest, AReaderThatIsGoneIsAnErrorOfTheWrite) {
  EXPECT_EQ(ExitCode(InChild([] {
              TolerateLostConsole();
              int ends[2];
              if (pipe(ends) != 0) return 1;
              close(ends[0]);
              return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
            })),
            0);
}

TEST(SignalsTest, NoFileBecomesAStandardStreamThatWasClosed) {
  EXPECT_EQ(ExitCode(InChild([] {
              for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(stream);
              TolerateLostConsole();
              for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
                if (fcntl(stream, F_GETFD) < 0) return 1;
              }
              const int file = open("/dev/zero", O_RDONLY);
              return file > STDERR_FILENO ? 0 : 2;
            })),
            0);
}

TEST(SignalsTest, SaveIsTakenOnce) {
  EXPECT_EQ(ExitCode(InChild([] {
              InstallSignalHandlers();
              if (TakeSaveRequest()) return 1;
              raise(SIGUSR1);
              raise(SIGUSR1);
              if (!TakeSaveRequest()) return 2;
              if (TakeSaveRequest()) return 3;
              return StopRequested() ? 4 : 0;
            })),
            0);
}

TEST(SignalsTest, AFileSizeLimitIsAnError) {
  EXPECT_EQ(ExitCode(InChild([] {
              InstallSignalHandlers();
              const rlimit limit = {1, 1};
              char path[] = "/tmp/signals_test_XXXXXX";
              const int file = mkstemp(path);
              if (file < 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
              unlink(path);
              if (write(file, "ab", 2) != 1) return 2;
              return write(file, "c", 1) == -1 && errno == EFBIG ? 0 : 3;
            })),
            0);
}

TEST(SignalsTest, ReRaiseShowsTheParentTheSignal) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = InChild([signal]() -> int {
      InstallSignalHandlers();
      sigset_t all;
      sigfillset(&all);
      raise(signal);
      sigprocmask(SIG_BLOCK, &all, nullptr);
      ReRaise(StopSignal());
    });
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
  }
}

}  // namespace
}  // namespace sg::cli
