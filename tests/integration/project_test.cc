// project: the files it writes, stopping and continuing, and what generate makes of them.
#include <signal.h>

#include <filesystem>

#include "engine/io/npz.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProjectTest : public TrainedNetwork {
 protected:
  std::vector<std::string> Arguments(std::vector<std::string> more) {
    more.insert(more.begin(), "--target=images/3.png");
    return WithNetwork(more);
  }
  Outcome Project(const std::vector<std::string>& more) { return RunTool("project", Arguments(more), folder_.path()); }
};

TEST_F(ProjectTest, WritesTheLatentAndItsPictures) {
  const Outcome outcome = Project({"--steps=20", "--w-plus", "--no-noise", "--frames=5"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_EQ(outcome.out,
            "out/projected_w.npz\nout/proj.png\nout/target.png\nout/side_by_side.png\nout/progress.webp\n");
  EXPECT_THAT(outcome.err, HasSubstr("distance after 20 steps: 0."));
  EXPECT_FALSE(Exists(File("out/state.npz")));
  EXPECT_EQ(Picture("out/target.png").pixels, Picture("images/3.png").pixels);
  const gan::Image both = Picture("out/side_by_side.png");
  EXPECT_EQ(both.width, 16);
  EXPECT_EQ(both.height, 8);
  EXPECT_THAT(folder_.Read("out/progress.webp"), HasSubstr("ANIM"));
  const absl::StatusOr<io::NpzReader> file = io::NpzReader::Open(File("out/projected_w.npz"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Names(), ElementsAre("w"));
  EXPECT_EQ(file->Read("w", 100)->shape, Shape({1, 2, 8}));
  const Outcome generated = OnNetwork("generate", {"--w=out/projected_w.npz", "--outdir=again"});
  ASSERT_EQ(generated.exit_code, 0) << generated;
  EXPECT_EQ(Picture("again/image0000.png").pixels, Picture("out/proj.png").pixels);
}

TEST_F(ProjectTest, ContinuesASearchThatWasStopped) {
  const std::vector<std::string> search = {"--steps=400", "--save-every=1", "--features=0", "--frames=0"};
  ASSERT_EQ(Project(search).exit_code, 0);
  const std::string want = folder_.Read("out/projected_w.npz");
  std::vector<std::string> other = search;
  other.back() = "--outdir=stopped";  // with frames
  Process process("project", Arguments(other), folder_.path());
  ASSERT_TRUE(process.WaitUntil([this] { return Exists(File("stopped/state.npz")); }));
  process.Signal(SIGINT);
  const Outcome stopped = process.Wait();
  EXPECT_EQ(stopped.signal, SIGINT) << stopped;
  EXPECT_THAT(stopped.err, HasSubstr("; --resume continues"));
  for (const auto& entry : std::filesystem::directory_iterator(File("stopped"))) {
    EXPECT_THAT(entry.path().filename().string(), AnyOf("state.npz", "target.png"));
  }
  other.push_back("--resume");
  const Outcome resumed = Project(other);
  ASSERT_EQ(resumed.exit_code, 0) << resumed;
  EXPECT_EQ(folder_.Read("stopped/projected_w.npz"), want);
  const Outcome again = Project(other);
  EXPECT_EQ(again.exit_code, 4) << "the search has ended, and its state is gone: " << again;
  EXPECT_THAT(again.err, HasSubstr("stopped/state.npz"));
}

TEST_F(ProjectTest, MistakesOnTheCommandLine) {
  folder_.Write("text", "no picture");
  const std::vector<std::string> before = folder_.Names();
  const std::string network = "--network=" + RunFolder();
  for (const auto& [arguments, sentence, exit_code] :
       std::vector<std::tuple<std::vector<std::string>, std::string, int>>{
           {{network}, "--target is needed: the photo", 2},
           {{"--target=text"}, "--network is needed", 2},
           {{network, "--target=text", "--steps=0"}, "--steps is 0, must be from 1 to 1000000", 2},
           {{network, "--target=text", "--lr=nan"}, "--lr", 2},
           {{network, "--target=text", "--pixels=0", "--features=0"}, "--pixels and --features are both 0", 2},
           {{network, "--target=text", "--frames=-1"}, "--frames is -1, must be from 0 to 1000", 2},
           {{network, "--target=text", "--save-every=0"}, "--save-every is 0, must be from 1 to", 2},
           {{network, "--target=text", "--class=1"}, "--class: this network was trained without labels", 2},
           {{network, "--target=text"}, "text: ", 4},
           {{network, "--target=missing"}, "missing: ", 4}}) {
    const Outcome outcome = RunTool("project", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("project: " + sentence));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(folder_.Names(), before);
}

TEST_F(ProjectTest, HelpNamesEveryFlag) {
  const Outcome outcome = RunTool("project", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--network=", "--target=", "--steps=", "--lr=", "--features=", "--outdir=", "--device="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
