#include "engine/io/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace sg::io {
namespace {

// In a child process, since it closes its own streams. Exits with 0 if descriptor `closed` is open afterwards and the
// next file gets another number.
void CloseAndOpen(int closed) {
  close(closed);
  OpenStandardStreams();
  const bool open_again = fcntl(closed, F_GETFD) != -1;
  const int next = dup(closed);
  std::_Exit(open_again && next > STDERR_FILENO ? 0 : 1);
}

TEST(OpenStandardStreamsDeathTest, NoFileTakesTheNumberOfAClosedStream) {
  for (const int closed : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    EXPECT_EXIT(CloseAndOpen(closed), ::testing::ExitedWithCode(0), "") << closed;
  }
}

TEST(OpenStandardStreams, LeavesOpenStreamsAndOpensNothingElse) {
  const int before = dup(STDOUT_FILENO);
  close(before);
  OpenStandardStreams();
  const int after = dup(STDOUT_FILENO);
  close(after);
  EXPECT_EQ(after, before) << "the lowest free number";
}

}  // namespace
}  // namespace sg::io
