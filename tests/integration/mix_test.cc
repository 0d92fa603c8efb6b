// mix: the grid and its pictures, from a checkpoint and from another program's file.
#include <signal.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class MixTest : public TrainedNetwork {
 protected:
  Outcome Mix(const std::vector<std::string>& more) { return OnNetwork("mix", more); }

  // The pixels of one place of a grid of 8x8 pictures.
  static std::vector<uint8_t> Place(const gan::Image& grid, int row, int column) {
    std::vector<uint8_t> pixels;
    for (int y = 0; y < 8; ++y) {
      const auto begin = grid.pixels.begin() + ((row * 8 + y) * grid.width + column * 8) * 3;
      pixels.insert(pixels.end(), begin, begin + 8 * 3);
    }
    return pixels;
  }
};

TEST_F(MixTest, TheGridHoldsTheRowsTheColumnsAndTheirMixtures) {
  const Outcome outcome = Mix({"--rows=1,2", "--cols=3-5", "--trunc=0.7"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("out/grid.png\n"));
  const gan::Image grid = Picture("out/grid.png");
  ASSERT_EQ(grid.width, 4 * 8);
  ASSERT_EQ(grid.height, 3 * 8);
  EXPECT_THAT(Place(grid, 0, 0), Each(0));
  for (int row = 1; row <= 2; ++row) {
    for (int column = 3; column <= 5; ++column) {
      const std::string name = "out/" + std::to_string(row) + "-" + std::to_string(column) + ".png";
      EXPECT_EQ(Place(grid, row, column - 2), Picture(name).pixels) << name;
      EXPECT_NE(Picture(name).pixels,
                Picture("out/" + std::to_string(row) + "-" + std::to_string(row) + ".png").pixels);
    }
  }
  // The margins are the pictures that `generate` makes.
  const Outcome generated = OnNetwork("generate", {"--seeds=1-5", "--trunc=0.7", "--outdir=plain"});
  ASSERT_EQ(generated.exit_code, 0) << generated;
  for (int row : {1, 2}) EXPECT_EQ(Place(grid, row, 0), Picture("plain/seed000" + std::to_string(row) + ".png").pixels);
  for (int c : {3, 4, 5})
    EXPECT_EQ(Place(grid, 0, c - 2), Picture("plain/seed000" + std::to_string(c) + ".png").pixels);
  const absl::StatusOr<std::vector<gan::PngText>> text = gan::ReadPngText(ReadFile(File("out/2-4.png")));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, Contains(Pair("styles", "0")));
  EXPECT_THAT(*text, Contains(Pair("row", "2")));
  EXPECT_THAT(*text, Contains(Pair("column", "4")));
}

TEST_F(MixTest, WhatIsStoppedLeavesWholeFilesOnly) {
  Process process("mix", WithNetwork({"--rows=0-299", "--cols=0-299"}), folder_.path());
  ASSERT_TRUE(process.WaitUntil([this] { return Exists(File("out/0-0.png")); }));
  process.Signal(SIGTERM);
  const Outcome outcome = process.Wait();
  EXPECT_EQ(outcome.signal, SIGTERM) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("out/0-0.png\n")) << "what is there is listed";
  EXPECT_FALSE(HasTemporaryFile());
  EXPECT_FALSE(Exists(File("out/grid.png")));
}

TEST_F(MixTest, AllStylesAreTheColumnsPictures) {
  ASSERT_EQ(Mix({"--rows=1", "--cols=3,4", "--styles=0-1", "--no-singles"}).exit_code, 0);
  const gan::Image grid = Picture("out/grid.png");
  EXPECT_EQ(Place(grid, 1, 1), Place(grid, 0, 1));
  EXPECT_EQ(Place(grid, 1, 2), Place(grid, 0, 2));
  EXPECT_FALSE(Exists(File("out/1-3.png")));
}

TEST_F(MixTest, MistakesOnTheCommandLine) {
  const std::vector<std::string> before = folder_.Names();
  for (const auto& [argument, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"--styles=2", "--styles: 2 is not between 0 and 1; this network has the blocks 0 to 1"},
           {"--styles=x", "--styles: "},
           {"--class=0", "--class: this network was trained without labels"},
           {"--rows=0-99999", "--rows and --cols make a grid of 500005 pictures, which may have at most 100000"}}) {
    const Outcome outcome = Mix({argument});
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("mix: " + sentence));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(folder_.Names(), before);
}

TEST_F(MixTest, HelpNamesEveryFlag) {
  const Outcome outcome = RunTool("mix", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--network=", "--rows=", "--cols=", "--styles=", "--trunc=", "--outdir=", "--device="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
