#include "tools/cli/standard_output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tools/cli/exit_codes.h"

namespace sg::cli {
namespace {

const size_t kMoreThanABuffer = size_t{1} << 20;

// Lets the process write `bytes` bytes to the descriptor as its stdout, and end as a tool does.
[[noreturn]] void PrintTo(int fd, size_t bytes, int exit_code) {
  dup2(fd, STDOUT_FILENO);
  std::fputs(std::string(bytes, 'x').c_str(), stdout);
  std::_Exit(FinishOutput({"tool", "", {}, {}, ""}, exit_code));
}

int FullDisk() { return open("/dev/full", O_WRONLY); }

// The end of a pipe that nobody reads.
int BrokenPipe() {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  close(ends[0]);
  return ends[1];
}

TEST(FinishOutputDeathTest, WhatIsWrittenIsASuccess) {
  EXPECT_EXIT(PrintTo(open("/dev/null", O_WRONLY), 10, kExitOk), testing::ExitedWithCode(kExitOk), "^$");
}

TEST(FinishOutputDeathTest, LostOutputIsAnError) {
  for (const size_t bytes : {size_t{1}, kMoreThanABuffer}) {
    EXPECT_EXIT(PrintTo(FullDisk(), bytes, kExitOk), testing::ExitedWithCode(kExitRuntimeError),
                "^tool: cannot write to standard output; a part of what was printed is lost");
  }
}

TEST(FinishOutputDeathTest, AnEarlierErrorStaysTheOnlyOne) {
  EXPECT_EXIT(PrintTo(FullDisk(), 10, kExitBadInput), testing::ExitedWithCode(kExitBadInput), "^$");
}

TEST(FinishOutputDeathTest, AReaderThatHasReadEnoughIsNoError) {
  for (const size_t bytes : {size_t{1}, kMoreThanABuffer}) {
    EXPECT_EXIT(PrintTo(BrokenPipe(), bytes, kExitOk), testing::ExitedWithCode(kExitOk), "^$");
  }
}

}  // namespace
}  // namespace sg::cli
