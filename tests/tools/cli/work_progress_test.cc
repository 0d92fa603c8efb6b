#include "tools/cli/work_progress.h"

#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(WorkProgressTest, TellsTheRateAndTheRestOfTheTime) {
  FILE* const file = std::tmpfile();
  double time = 100;
  ProgressLine::Options options;
  options.out = file;
  options.now = [&time] { return time; };
  {
    WorkProgress progress("image", 64, options);
    time += 0.5;
    progress.Add(2);  // in the first second: nothing
    time += 3.5;
    progress.Add(10);
    time += 1;
    progress.Add(1);  // too soon after the last line, and shown at the end
    progress.Add(51, "distance 0.5");
  }
  std::rewind(file);
  char text[200] = {};
  const size_t size = std::fread(text, 1, sizeof(text) - 1, file);
  EXPECT_EQ(std::string(text, size),
            "12/64 images | 3.00 image/s | ETA 17s\n64/64 images | 12.8 image/s | ETA 0s | distance 0.5\n");
  std::fclose(file);
}

TEST(WorkProgressTest, IsQuietForAShortCommand) {
  FILE* const file = std::tmpfile();
  ProgressLine::Options options;
  options.out = file;
  options.now = [] { return 7.0; };
  { WorkProgress("image", 3, options).Add(3); }
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

}  // namespace
}  // namespace sg::cli
