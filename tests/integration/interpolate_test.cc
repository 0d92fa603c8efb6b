// interpolate: frames, animations and videos, the latter by a program that stands in for ffmpeg.
#include <signal.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class InterpolateTest : public TrainedNetwork {
 protected:
  Outcome Interpolate(const std::vector<std::string>& more) { return OnNetwork("interpolate", more); }

  // Runs it with `script` as the only ffmpeg; with none if the script is empty.
  Outcome WithFfmpeg(const std::string& script, const std::vector<std::string>& more) {
    std::filesystem::create_directory(File("bin"));
    if (!script.empty()) {
      folder_.Write("bin/ffmpeg", "#!/bin/sh\nPATH=/usr/bin:/bin\n" + script);
      std::filesystem::permissions(File("bin/ffmpeg"), std::filesystem::perms::owner_all);
    }
    return RunToolUnder({"env", "PATH=" + File("bin")}, "interpolate", WithNetwork(more), folder_.path());
  }
};

TEST_F(InterpolateTest, KeyframesAreTheSeedsPictures) {
  ASSERT_EQ(OnNetwork("generate", {"--seeds=3-5", "--trunc=0.8"}).exit_code, 0);
  for (const char* path : {"cubic", "linear", "slerp"}) {
    const Outcome outcome = Interpolate(
        {"--seeds=3-5", "--trunc=0.8", std::string("--path=") + path, "--frames=2", std::string("--out=") + path});
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_EQ(outcome.out, std::string(path) + "\n");
    const std::string frame = File(path) + "/frame00000";
    for (int k = 0; k < 3; ++k) {
      const gan::Image image = Picture(std::string(path) + "/frame00000" + std::to_string(2 * k) + ".png");
      const gan::Image want = Picture("out/seed000" + std::to_string(3 + k) + ".png");
      ASSERT_EQ(image.pixels.size(), want.pixels.size());
      // Other batches, and a spline through the keyframe, round differently.
      for (size_t i = 0; i < want.pixels.size(); ++i) ASSERT_NEAR(image.pixels[i], want.pixels[i], 1) << path << k;
    }
    EXPECT_TRUE(Exists(frame + "5.png")) << "back to the first";
    EXPECT_FALSE(Exists(frame + "6.png"));
  }
}

TEST_F(InterpolateTest, AGridShowsSeveralPathsSideBySide) {
  ASSERT_EQ(
      Interpolate({"--seeds=0-3", "--path=linear", "--frames=2", "--no-loop", "--grid=2x1", "--out=grid"}).exit_code,
      0);
  ASSERT_EQ(Interpolate({"--seeds=2,3", "--path=linear", "--frames=2", "--no-loop", "--out=second"}).exit_code, 0);
  for (int i = 0; i < 3; ++i) {
    const std::string name = "/frame00000" + std::to_string(i) + ".png";
    const gan::Image grid = Picture("grid" + name), second = Picture("second" + name);
    ASSERT_EQ(grid.width, 16);
    ASSERT_EQ(grid.height, 8);
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 8 * 3; ++x) {
        ASSERT_NEAR(grid.pixels[(y * 16 + 8) * 3 + x], second.pixels[y * 8 * 3 + x], 1) << i;
      }
    }
  }
  EXPECT_FALSE(Exists(File("grid/frame000003.png")));
}

TEST_F(InterpolateTest, Animations) {
  ASSERT_EQ(Interpolate({"--seeds=0,1", "--frames=3", "--out=frames"}).exit_code, 0);
  for (const char* name : {"a.webp", "a.apng", "a.png"}) {
    const Outcome outcome =
        Interpolate({"--seeds=0,1", "--frames=3", "--fps=10", "--quality=100", std::string("--out=") + name});
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_EQ(Picture(name).pixels, Picture("frames/frame000000.png").pixels) << name;
  }
  EXPECT_THAT(folder_.Read("a.webp"), HasSubstr("ANIM"));
  EXPECT_THAT(folder_.Read("a.png"), HasSubstr("acTL"));
  EXPECT_EQ(folder_.Read("a.png"), folder_.Read("a.apng"));
  EXPECT_THAT(folder_.Read("a.png"), HasSubstr("--seeds=0,1"));
}

TEST_F(InterpolateTest, AVideoGoesThroughFfmpeg) {
  const Outcome outcome = WithFfmpeg("echo \"$@\" >arguments\nfor last; do :; done\ncat >\"${last#file:}\"\n",
                                     {"--seeds=0,1", "--frames=3", "--fps=10", "--out=a.mp4"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_EQ(outcome.out, "a.mp4\n");
  EXPECT_THAT(folder_.Read("arguments"), HasSubstr("-f rawvideo -pix_fmt rgb24 -s 8x8 -r 10 -i - "));
  EXPECT_THAT(folder_.Read("arguments"), HasSubstr("libx264"));
  ASSERT_EQ(Interpolate({"--seeds=0,1", "--frames=3", "--out=frames"}).exit_code, 0);
  const std::string raw = folder_.Read("a.mp4");
  ASSERT_EQ(raw.size(), 6u * 8 * 8 * 3);
  const gan::Image last = Picture("frames/frame000005.png");
  EXPECT_EQ(raw.substr(5 * 8 * 8 * 3), std::string(last.pixels.begin(), last.pixels.end()));
}

TEST_F(InterpolateTest, AVideoThatFailsLeavesNothing) {
  folder_.Write("old.webm", "old");
  const std::vector<std::string> more = {"--seeds=0,1", "--frames=400", "--grid=1x1", "--out=old.webm"};
  const Outcome missing = WithFfmpeg("", more);
  EXPECT_EQ(missing.exit_code, 1) << missing;
  EXPECT_THAT(missing.err, HasSubstr("interpolate: old.webm: MP4 and WebM need the program ffmpeg"));
  const Outcome failed =
      WithFfmpeg("for last; do :; done\n: >\"${last#file:}\"\necho broken >&2\ncat >/dev/null\nexit 7\n", more);
  EXPECT_EQ(failed.exit_code, 1) << failed;
  EXPECT_THAT(failed.err, HasSubstr("broken\n"));
  EXPECT_THAT(failed.err, HasSubstr("old.webm: ffmpeg failed with exit code 7"));
  const Outcome stopped = WithFfmpeg("exec 0<&-\nexit 3\n", more);
  EXPECT_EQ(stopped.exit_code, 1) << stopped;
  EXPECT_THAT(stopped.err, HasSubstr("exit code"));
  EXPECT_EQ(folder_.Read("old.webm"), "old");
  for (const std::string& name : folder_.Names()) EXPECT_THAT(name, Not(HasSubstr(".tmp."))) << name;
}

TEST_F(InterpolateTest, WhatIsStoppedLeavesNothing) {
  Process process("interpolate", WithNetwork({"--seeds=0-9", "--frames=100000", "--out=long.apng"}), folder_.path());
  ASSERT_TRUE(process.WaitUntil([&] { return IsWriting(process); }));
  process.Signal(SIGTERM);
  const Outcome outcome = process.Wait();
  EXPECT_EQ(outcome.signal, SIGTERM) << outcome;
  EXPECT_FALSE(HasTemporaryFile());
  EXPECT_FALSE(Exists(File("long.apng")));
}

TEST_F(InterpolateTest, MistakesOnTheCommandLine) {
  std::filesystem::create_directory(File("folder.webp"));
  const std::vector<std::string> before = folder_.Names();
  for (const auto& [arguments, sentence] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--path=circle"}, "--path is \"circle\", must be \"cubic\", \"linear\" or \"slerp\""},
           {{"--no-loop"}, "--no-loop: --path=cubic is a loop"},
           {{"--path=slerp", "--w=w.npy"}, "--path=slerp goes through z"},
           {{"--seeds=1,2", "--w=w.npy"}, "give one of --seeds and --w"},
           {{"--frames=0"}, "--frames is 0, must be from 1 to 100000"},
           {{"--fps=0"}, "--fps is 0, must be from 1 to 240"},
           {{"--quality=101"}, "--quality is 101, must be from 0 to 100"},
           {{"--grid=2"}, "--grid is \"2\", must be columns x rows"},
           {{"--grid=0x2"}, "--grid is \"0x2\""},
           {{"--grid=99999999999x2"}, "--grid is "},
           {{"--format=gif"}, "--format is \"gif\", must be"},
           {{"--format=mp4"}, "--format is \"mp4\", but the file interpolation.webp does not end in .mp4"},
           {{"--out=a.gif"},
            "--format is \"auto\", but a.gif ends in .gif, not in .webp, .apng, .png (animated), .mp4 or .webm; "
            "\"folder\" makes a folder of that name"},
           {{"--out=folder.webp"}, "--out=folder.webp is a folder"},
           {{"--seeds=1"}, "1 latents for 1 place(s) of the grid"},
           {{"--seeds=0-4", "--grid=2x1"}, "5 latents for 2 place(s) of the grid"}}) {
    const Outcome outcome = Interpolate(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(folder_.Names(), before);
}

TEST_F(InterpolateTest, HelpNamesEveryFlag) {
  const Outcome outcome = RunTool("interpolate", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--network=", "--seeds=", "--path=", "--frames=", "--grid=", "--out=", "--fps="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
