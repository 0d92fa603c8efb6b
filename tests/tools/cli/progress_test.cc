#include "tools/cli/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace sg::cli {
namespace {

TEST(ProgressTest, FormatDuration) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(42), "42s");
  EXPECT_EQ(FormatDuration(59.6), "1m 00s");
  EXPECT_EQ(FormatDuration(187), "3m 07s");
  EXPECT_EQ(FormatDuration(3599.4), "59m 59s");
  EXPECT_EQ(FormatDuration(3900), "1h 05m");
  EXPECT_EQ(FormatDuration(86399), "23h 59m");
  EXPECT_EQ(FormatDuration(2 * 86400 + 3 * 3600 + 59), "2d 03h");
  EXPECT_EQ(FormatDuration(-1), "--");
  EXPECT_EQ(FormatDuration(std::numeric_limits<double>::infinity()), "--");
  EXPECT_EQ(FormatDuration(std::nan("")), "--");
}

TEST(ProgressTest, FormatBytes) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1288490189), "1.2 GiB");
  EXPECT_EQ(FormatBytes((uint64_t{1} << 20) - 1), "1.0 MiB");  // not 1024.0 KiB
  EXPECT_EQ(FormatBytes(std::numeric_limits<uint64_t>::max()), "16.0 EiB");
}

TEST(ProgressTest, FormatRate) {
  EXPECT_EQ(FormatRate(3.214, "img"), "3.21 img/s");
  EXPECT_EQ(FormatRate(32.14, "img"), "32.1 img/s");
  EXPECT_EQ(FormatRate(321.4, "img"), "321 img/s");
  EXPECT_EQ(FormatRate(0.08, "img"), "12.5 s/img");
  EXPECT_EQ(FormatRate(0, "img"), "-- img/s");
  EXPECT_EQ(FormatRate(std::nan(""), "img"), "-- img/s");
}

class ProgressLineTest : public ::testing::Test {
 protected:
  ~ProgressLineTest() override { std::fclose(file_); }

  ProgressLine::Options Options(bool live) {
    ProgressLine::Options options;
    options.out = file_;
    options.live = live;
    options.now = [this] { return time_; };
    return options;
  }

  std::string Written() {
    std::string text(static_cast<size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    EXPECT_EQ(std::fread(&text[0], 1, text.size(), file_), text.size());
    return text;
  }

  FILE* file_ = std::tmpfile();
  double time_ = 1000;
};

TEST_F(ProgressLineTest, PlainLinesAreRareAndTheLastIsKept) {
  {
    ProgressLine line(Options(false));
    for (int i = 0; i < 25; ++i, time_ += 1) line.Update("step " + std::to_string(i));
    line.Log("saved");
  }
  EXPECT_EQ(Written(), "step 0\nstep 10\nstep 20\nsaved\nstep 24\n");
}

TEST_F(ProgressLineTest, TheLiveLineIsRewrittenInPlace) {
  ProgressLine line(Options(true));
  line.Update("one");
  time_ += 0.05;
  line.Update("too soon");
  time_ += 0.06;
  line.Update("two");
  line.Log("saved");
  line.Finish();
  line.Finish();
  EXPECT_EQ(Written(), "\rone\x1b[K\rtwo\x1b[K\r\x1b[Ksaved\n\rtwo\x1b[K\n");
}

TEST_F(ProgressLineTest, TheLiveLineNeverWraps) {
  ProgressLine::Options options = Options(true);
  options.columns = 6;
  ProgressLine line(options);
  line.Update("größer als das");
  line.Finish();
  EXPECT_EQ(Written(), "\rgröße\x1b[K\n");
}

TEST_F(ProgressLineTest, BlanksDoForADumbTerminal) {
  ProgressLine::Options options = Options(true);
  options.escapes = false;
  ProgressLine line(options);
  line.Update("longer");
  time_ += 1;
  line.Update("short");
  line.Finish();
  EXPECT_EQ(Written(), "\rlonger\rshort \n");
}

TEST_F(ProgressLineTest, ColorsOnlyWhenAskedFor) {
  ProgressLine::Options options = Options(false);
  options.color = true;
  ProgressLine colored(options);
  colored.Log("careful", Tone::kWarning);
  colored.Log("fine");
  ProgressLine plain(Options(false));
  plain.Log("careful", Tone::kWarning);
  EXPECT_EQ(Written(), "\x1b[33mcareful\x1b[0m\nfine\ncareful\n");
}

TEST_F(ProgressLineTest, AFileIsNeitherLiveNorColored) {
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_FALSE(WantsColor(file_));
  EXPECT_FALSE(ProgressLine::OptionsFor(file_).live);
  EXPECT_FALSE(ProgressLine::OptionsFor(file_).color);
}

TEST(ProgressTerminalTest, NoColorAndDumbTerminals) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  FILE* file = std::fopen(ptsname(terminal), "w");
  if (file == nullptr) GTEST_SKIP() << "no pseudo-terminals here";
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_TRUE(WantsColor(file));
  EXPECT_TRUE(ProgressLine::OptionsFor(file).live);
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(WantsColor(file));
  EXPECT_TRUE(ProgressLine::OptionsFor(file).escapes);  // moving the cursor is not color
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(WantsColor(file));
  EXPECT_FALSE(ProgressLine::OptionsFor(file).escapes);
  std::fclose(file);
  close(terminal);
}

}  // namespace
}  // namespace sg::cli
