// directions: sheets, files and edits.
#include "engine/io/npz.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DirectionsTest : public TrainedNetwork {};

TEST_F(DirectionsTest, ASheetGoesThroughThePictures) {
  const Outcome outcome = OnNetwork("directions", {"--seeds=4,9", "--count=3", "--save=sefa.npz", "--trunc=0.7"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_EQ(outcome.out, "sefa.npz\nout/direction00.png\nout/direction01.png\nout/direction02.png\n");
  const gan::Image sheet = Picture("out/direction01.png");
  ASSERT_EQ(sheet.width, 5 * 8);
  ASSERT_EQ(sheet.height, 2 * 8);
  // The middle column is not moved.
  ASSERT_EQ(OnNetwork("generate", {"--seeds=4,9", "--trunc=0.7", "--outdir=plain", "--grid=plain.png", "--columns=1"})
                .exit_code,
            0);
  const gan::Image plain = Picture("plain.png");
  double moved = 0;
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 8 * 3; ++x) {
      const int want = plain.pixels[y * 8 * 3 + x];
      EXPECT_NEAR(sheet.pixels[(y * 40 + 2 * 8) * 3 + x], want, 1);
      moved += std::abs(sheet.pixels[y * 40 * 3 + x] - want);
    }
  }
  EXPECT_GT(moved, 0);
  const absl::StatusOr<io::NpzReader> file = io::NpzReader::Open(File("sefa.npz"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Read("lat_comp", 100)->shape, Shape({3, 1, 8}));
}

TEST_F(DirectionsTest, AnEditIsOneColumnOfTheSheet) {
  ASSERT_EQ(OnNetwork("directions", {"--seeds=4", "--method=ganspace", "--samples=500", "--count=2", "--save=pca.npz",
                                     "--show=1", "--range=1.5", "--steps=3"})
                .exit_code,
            0);
  const gan::Image sheet = Picture("out/direction01.png");
  const Outcome edited = OnNetwork("directions", {"--seeds=4", "--load=pca.npz", "--edit=1:1.5", "--outdir=edited"});
  ASSERT_EQ(edited.exit_code, 0) << edited;
  EXPECT_EQ(edited.out, "edited/seed0004.png\nedited/edited_w.npz\n");
  const gan::Image picture = Picture("edited/seed0004.png");
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8 * 3; ++x) {
      EXPECT_NEAR(picture.pixels[y * 8 * 3 + x], sheet.pixels[(y * 24 + 16) * 3 + x], 1);
    }
  }
  // `generate` takes the edited w, and a second edit takes the first back.
  ASSERT_EQ(OnNetwork("generate", {"--w=edited/edited_w.npz", "--outdir=again"}).exit_code, 0);
  EXPECT_EQ(Picture("again/image0000.png").pixels, picture.pixels);
  ASSERT_EQ(
      OnNetwork("directions", {"--w=edited/edited_w.npz", "--load=pca.npz", "--edit=1:-1,1:-0.5", "--outdir=back"})
          .exit_code,
      0);
  ASSERT_EQ(OnNetwork("generate", {"--seeds=4", "--outdir=plain"}).exit_code, 0);
  const gan::Image back = Picture("back/image0000.png"), plain = Picture("plain/seed0004.png");
  for (size_t i = 0; i < plain.pixels.size(); ++i) EXPECT_NEAR(back.pixels[i], plain.pixels[i], 1);
}

TEST_F(DirectionsTest, MistakesOnTheCommandLine) {
  folder_.Write("text", "no directions");
  const std::vector<std::string> before = folder_.Names();
  for (const auto& [arguments, sentence, exit_code] :
       std::vector<std::tuple<std::vector<std::string>, std::string, int>>{
           {{"--method=zzz"}, "--method is \"zzz\", must be \"sefa\" or \"ganspace\"", 2},
           {{"--method=sefa", "--load=a.npz"}, "give one of --load and --method", 2},
           {{"--count=9"}, "--count is 9, must be from 1 to 8", 2},
           {{"--layers=2"}, "--layers: 2 is not between 0 and 1; this network has the blocks 0 to 1", 2},
           {{"--steps=1"}, "--steps is 1, must be from 2 to 101", 2},
           {{"--range=-1"}, "--range is -1, must be from 0 to 1000", 2},
           {{"--samples=1"}, "--samples is 1, must be from 2 to ", 2},
           {{"--edit=x"}, "--edit has \"x\", must be a list of DIRECTION:AMOUNT", 2},
           {{"--edit=0:nan"}, "--edit has \"0:nan\"", 2},
           {{"--count=2", "--edit=2:1"}, "--edit names direction 2, but there are 0 to 1", 2},
           {{"--count=2", "--show=5"}, "--show names direction 5, but there are 0 to 1", 2},
           {{"--load=missing.npz"}, "missing.npz: ", 4},
           {{"--load=text"}, "text is not a zip archive", 4},
           {{"--w=text"}, "text: ", 4}}) {
    const Outcome outcome = OnNetwork("directions", arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(folder_.Names(), before);
}

TEST_F(DirectionsTest, HelpNamesEveryFlag) {
  const Outcome outcome = RunTool("directions", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--network=", "--method=", "--load=", "--save=", "--edit=", "--show=", "--range="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
