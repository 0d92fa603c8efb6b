// generate: pictures from the checkpoint of a run, from seeds and from latents in files.
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/io/npy.h"
#include "gan/sample/numpy_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::Pointwise;

constexpr int kDim = 8, kBlocks = 2, kPixels = 8 * 8 * 3;

class GenerateTest : public TrainedNetwork {
 protected:
  Outcome Generate(const std::vector<std::string>& more) { return OnNetwork("generate", more); }

  // The float images that a command writes, one vector each.
  std::vector<std::vector<double>> Raw(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--raw=raw.npy", "--grid=unused.png"});
    const Outcome outcome = Generate(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    const absl::StatusOr<io::NpyArray> raw = io::ReadNpy(File("raw.npy"), /*max_values=*/1 << 20);
    EXPECT_TRUE(raw.ok()) << raw.status();
    std::vector<std::vector<double>> images;
    if (!raw.ok()) return images;
    EXPECT_EQ(raw->shape, Shape({raw->shape.dim(0), 8, 8, 3}));
    for (size_t i = 0; i + kPixels <= raw->values.size(); i += kPixels) {
      images.emplace_back(raw->values.begin() + i, raw->values.begin() + i + kPixels);
    }
    return images;
  }

  static auto Near(const std::vector<double>& want) { return Pointwise(::testing::DoubleNear(1e-5), want); }
};

TEST_F(GenerateTest, OneFileForEverySeed) {
  const Outcome outcome = Generate({"--seeds=7,2-3,4294967295", "--outdir=a/b", "--trunc=0.7"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_EQ(outcome.out, "a/b/seed0007.png\na/b/seed0002.png\na/b/seed0003.png\na/b/seed4294967295.png\n");
  for (const char* name : {"a/b/seed0007.png", "a/b/seed0002.png", "a/b/seed0003.png", "a/b/seed4294967295.png"}) {
    EXPECT_EQ(Picture(name).width, 8);
    EXPECT_EQ(Picture(name).height, 8);
  }
  EXPECT_NE(Picture("a/b/seed0007.png").pixels, Picture("a/b/seed0002.png").pixels);
  const absl::StatusOr<std::vector<gan::PngText>> text = gan::ReadPngText(ReadFile(File("a/b/seed0007.png")));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, Contains(Pair("truncation", "0.7"))) << "how it was made";
  EXPECT_THAT(*text, Contains(Pair("latent", "--seeds=7")));
  EXPECT_THAT(*text, Contains(Pair("network", Checkpoint(RunFolder(), 1))));
}

TEST_F(GenerateTest, TheSheetOfTheTrainingIsTheSeedsInOrder) {
  const Outcome outcome = Generate({"--seeds=0-143", "--grid=sheet.png"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_EQ(outcome.out, "sheet.png\n");
  const gan::Image sheet = Picture("sheet.png");
  const gan::Image trained = Picture("runs/00000-quick-images-batch40-gamma1/fakes000001.png");
  EXPECT_EQ(sheet.width, 96);
  EXPECT_EQ(sheet.height, 96);
  EXPECT_EQ(sheet.pixels, trained.pixels);
  EXPECT_FALSE(Exists(File("out"))) << "a sheet instead of single files";
}

TEST_F(GenerateTest, AFolderMeansItsNewestCheckpoint) {
  const Outcome by_file =
      RunTool("generate", {"--network=" + Checkpoint(RunFolder(), 1), "--seeds=5", "--raw=by_file.npy", "--grid=x.png"},
              folder_.path());
  ASSERT_EQ(by_file.exit_code, 0) << by_file;
  ASSERT_EQ(Generate({"--seeds=5", "--raw=by_folder.npy", "--grid=x.png"}).exit_code, 0);
  EXPECT_EQ(ReadFile(File("by_file.npy")), ReadFile(File("by_folder.npy")));
}

TEST_F(GenerateTest, TruncationToNothingGivesOnePicture) {
  const auto none = Raw({"--seeds=0-4", "--trunc=0"}), whole = Raw({"--seeds=0-4"});
  ASSERT_EQ(none.size(), 5u);
  for (int i = 1; i < 5; ++i) {
    EXPECT_THAT(none[i], Near(none[0])) << i;
    EXPECT_NE(whole[i], whole[0]) << i;
  }
}

TEST_F(GenerateTest, NoiseModes) {
  const auto first = Raw({"--seeds=3,4"}), alone = Raw({"--seeds=4"}), other = Raw({"--seeds=4", "--noise-seed=1"});
  EXPECT_THAT(alone[0], Near(first[1])) << "const: a picture does not depend on its neighbors";
  EXPECT_NE(alone[0], other[0]) << "the noise has learned some strength";
  const auto random = Raw({"--seeds=4,4", "--noise-mode=random"});
  EXPECT_NE(random[0], random[1]);
  const auto none = Raw({"--seeds=4,4", "--noise-mode=none"});
  EXPECT_THAT(none[1], Near(none[0]));
  EXPECT_NE(none[0], alone[0]);
}

TEST_F(GenerateTest, LatentsFromFiles) {
  std::vector<float> z;
  for (uint32_t seed : {11u, 12u}) {
    for (double value : gan::NumpyRandomState(seed).RandN(kDim)) z.push_back(static_cast<float>(value));
  }
  ASSERT_TRUE(io::WriteNpy(File("z.npy"), {2, kDim}, absl::MakeConstSpan(z)).ok());
  EXPECT_EQ(Raw({"--z=z.npy", "--trunc=0.5"}), Raw({"--seeds=11,12", "--trunc=0.5"}));

  // The same w for every block, once implied and once written out.
  std::vector<float> repeated;
  for (int n = 0; n < 2; ++n) {
    for (int block = 0; block < kBlocks; ++block) {
      repeated.insert(repeated.end(), z.begin() + n * kDim, z.begin() + (n + 1) * kDim);
    }
  }
  ASSERT_TRUE(io::WriteNpy(File("blocks.npy"), {2, kBlocks, kDim}, absl::MakeConstSpan(repeated)).ok());
  const auto plain = Raw({"--w=z.npy"}), blocks = Raw({"--w=blocks.npy"});
  EXPECT_EQ(plain, blocks);
  EXPECT_NE(plain[0], plain[1]);
  const Outcome outcome = Generate({"--w=blocks.npy"});
  EXPECT_EQ(outcome.out, "out/image0000.png\nout/image0001.png\n") << outcome;
}

TEST_F(GenerateTest, OtherFormats) {
  ASSERT_EQ(Generate({"--seeds=7"}).exit_code, 0);
  const gan::Image want = Picture("out/seed0007.png");
  const Outcome webp = Generate({"--seeds=7", "--format=webp", "--quality=100"});
  EXPECT_EQ(webp.out, "out/seed0007.webp\n") << webp;
  EXPECT_EQ(Picture("out/seed0007.webp").pixels, want.pixels);
  const Outcome jpeg = Generate({"--seeds=7", "--format=jpg", "--quality=100"});
  EXPECT_EQ(jpeg.out, "out/seed0007.jpg\n") << jpeg;
  const gan::Image close = Picture("out/seed0007.jpg");
  ASSERT_EQ(close.pixels.size(), want.pixels.size());
  for (size_t i = 0; i < want.pixels.size(); ++i) EXPECT_NEAR(close.pixels[i], want.pixels[i], 8) << i;
}

TEST_F(GenerateTest, LikeRepeatsAPicture) {
  ASSERT_EQ(Generate({"--seeds=7", "--trunc=0.612345678901", "--noise-seed=3", "--outdir=a"}).exit_code, 0);
  const auto like = [this](const std::vector<std::string>& arguments) {
    return RunTool("generate", arguments, folder_.path());
  };
  const Outcome same = like({"--like=a/seed0007.png", "--outdir=b"});
  ASSERT_EQ(same.exit_code, 0) << same;
  EXPECT_EQ(same.out, "b/seed0007.png\n");
  EXPECT_EQ(ReadFile(File("b/seed0007.png")), ReadFile(File("a/seed0007.png"))) << "and its text";
  const Outcome changed = like({"--like=a/seed0007.png", "--trunc=0.5", "--seeds=7,8", "--outdir=c"});
  ASSERT_EQ(changed.exit_code, 0) << changed;
  ASSERT_EQ(Generate({"--seeds=7,8", "--trunc=0.5", "--noise-seed=3", "--outdir=d"}).exit_code, 0);
  EXPECT_EQ(ReadFile(File("c/seed0008.png")), ReadFile(File("d/seed0008.png")));

  // One row of a file, and a sheet.
  std::vector<float> z(3 * kDim);
  for (size_t i = 0; i < z.size(); ++i) z[i] = static_cast<float>(i % 5) - 2;
  ASSERT_TRUE(io::WriteNpy(File("z.npy"), {3, kDim}, absl::MakeConstSpan(z)).ok());
  for (const char* flag : {"--z=z.npy", "--w=z.npy"}) {
    ASSERT_EQ(Generate({flag, "--outdir=files"}).exit_code, 0);
    const Outcome row = like({"--like=files/image0002.png", "--outdir=row"});
    EXPECT_EQ(row.out, "row/image0002.png\n") << row;
    EXPECT_EQ(ReadFile(File("row/image0002.png")), ReadFile(File("files/image0002.png")));
  }
  ASSERT_EQ(Generate({"--seeds=1,5-8", "--columns=3", "--grid=sheet.png"}).exit_code, 0);
  ASSERT_EQ(like({"--like=sheet.png", "--grid=again.png"}).exit_code, 0);
  EXPECT_EQ(ReadFile(File("again.png")), ReadFile(File("sheet.png")));
}

TEST_F(GenerateTest, PicturesThatTellNoRecipe) {
  const gan::Image image = {8, 8, 3, std::vector<uint8_t>(kPixels)};
  const auto write = [&](const std::string& name, const std::vector<gan::PngText>& text) {
    folder_.Write(name, gan::EncodePng(image, text).value());
  };
  const gan::PngText software = {"software", "stylegan2.cpp generate"}, network = {"network", RunFolder()};
  write("plain.png", {});
  write("mix.png", {{"software", "stylegan2.cpp mix"}});
  write("sheet.png", {software, network, {"latents", "--seeds=0 ... --seeds=9"}});
  write("wrong.png", {software, network, {"truncation", "far"}, {"latent", "--seeds=1"}});
  write("seeds.png", {software, network, {"latent", "--seeds=x"}});
  write("row.png", {software, network, {"latent", "--z=z.npy row 7"}});
  write("other.png", {software, network, {"latent", "--trunc=1"}});
  folder_.Write("text.png", "no picture");
  const std::vector<float> z(kDim);
  ASSERT_TRUE(io::WriteNpy(File("z.npy"), {1, kDim}, absl::MakeConstSpan(z)).ok());
  for (const auto& [name, sentence, exit_code] : std::vector<std::tuple<std::string, std::string, int>>{
           {"missing.png", "missing.png: ", 4},
           {"text.png", "text.png: PNG is damaged", 4},
           {"plain.png", "plain.png: holds no text that tells how it was made", 4},
           {"mix.png", "mix.png: made by \"stylegan2.cpp mix\"", 4},
           {"sheet.png", "sheet.png: its text names only the first and the last latent", 4},
           {"wrong.png", "wrong.png: its text says --trunc=\"far\"; expected a", 4},
           {"seeds.png", "--seeds: \"x\" is not a whole number", 2},
           {"row.png", "z.npy: has 1 rows, but row 7 is wanted", 4},
           {"other.png", "which are neither seeds nor a file", 4}}) {
    const Outcome outcome = RunTool("generate", {"--like=" + name}, folder_.path());
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
  }
  EXPECT_FALSE(Exists(File("out")));
}

TEST_F(GenerateTest, AProfileShowsTheNetworks) {
  const Outcome outcome = Generate({"--seeds=0-2", "--profile=trace.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("\nwrote trace.json\n"));
  EXPECT_EQ(outcome.out, "out/seed0000.png\nout/seed0001.png\nout/seed0002.png\n");
  int mappings = 0, generators = 0, convolutions = 0;
  for (const nlohmann::json& event : nlohmann::json::parse(ReadFile(File("trace.json")))) {
    mappings += event["name"] == "MappingNetwork";
    generators += event["name"] == "Generator";
    convolutions += event["name"] == "Conv2d";
  }
  EXPECT_EQ(mappings, 1);
  EXPECT_EQ(generators, 1);
  EXPECT_GT(convolutions, 0);

  const Outcome failed = Generate({"--outdir=none", "--profile=missing/trace.json"});
  EXPECT_EQ(failed.exit_code, 1) << failed;
  EXPECT_THAT(failed.err, HasSubstr("generate: --profile=missing/trace.json: cannot write"));
  EXPECT_FALSE(Exists(File("none")));
}

TEST_F(GenerateTest, MistakesOnTheCommandLine) {
  const std::vector<std::string> before = folder_.Names();
  const std::string network = "--network=" + RunFolder();
  for (const auto& [arguments, sentence] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "--network is needed"},
           {{network, "--seeds=5-x"}, "--seeds: "},
           {{network, "--seeds=4294967296"}, "--seeds: "},
           {{network, "--seeds="}, "--seeds is empty"},
           {{network, "--seeds=5-x", "--profile=trace.json"}, "--seeds: "},
           {{network, "--seeds=1", "--z=z.npy"}, "one of --seeds, --z and --w"},
           {{network, "--noise-mode=pink"}, "--noise-mode is \"pink\""},
           {{network, "--columns=-1"}, "--columns"},
           {{network, "--trunc=nan"}, "--trunc"},
           {{network, "--trunc-cutoff=-1"}, "--trunc-cutoff must not be negative"},
           {{network, "--class=1"}, "--class: this network was trained without labels"},
           {{network, "--seed=4"}, "did you mean --seeds?"},
           {{RunFolder()}, "did you mean --network="}}) {
    const Outcome outcome = RunTool("generate", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_EQ(folder_.Names(), before);
}

TEST_F(GenerateTest, FilesThatCannotBeUsed) {
  std::filesystem::create_directory(File("empty"));
  folder_.Write("garbage", "not a network");
  const std::vector<float> z(3 * 5);
  ASSERT_TRUE(io::WriteNpy(File("wide.npy"), {3, 5}, absl::MakeConstSpan(z)).ok());
  const std::string network = "--network=" + RunFolder();
  for (const auto& [arguments, sentence] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--network=missing"}, "missing: "},
           {{"--network=empty"}, "empty: no checkpoint in this folder"},
           {{"--network=garbage"}, "garbage: "},
           {{network, "--z=missing.npy"}, "missing.npy: "},
           {{network, "--z=garbage"}, "garbage: "},
           {{network, "--z=wide.npy"}, "wide.npy: latents are [3,5], this network takes [N,8]"},
           {{network, "--w=wide.npy"}, "this network takes [N,8] or [N,2,8]"}}) {
    const Outcome outcome = RunTool("generate", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 4) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("generate: " + (sentence.find(": ") != std::string::npos ? sentence : "")));
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
  }
  EXPECT_FALSE(Exists(File("out")));
  const Outcome blocked = Generate({"--outdir=garbage"});
  EXPECT_EQ(blocked.exit_code, 1) << blocked;
  EXPECT_THAT(blocked.err, HasSubstr("garbage: cannot make the folder"));
}

TEST_F(GenerateTest, EveryBatchIsWrittenBeforeTheNextIsMade) {
  std::filesystem::create_directories(File("out/seed0020.png"));  // a directory, which no file can replace
  const Outcome outcome = Generate({"--seeds=0-39", "--raw=raw.npy"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("out/seed0020.png: "));
  EXPECT_TRUE(Exists(File("out/seed0019.png")));
  EXPECT_FALSE(Exists(File("out/seed0021.png")));
  EXPECT_FALSE(Exists(File("raw.npy"))) << "all or nothing";
}

TEST_F(GenerateTest, AFolderOfRunsMeansItsLastRun) {
  const Outcome outcome = RunTool("generate", {"--network=runs", "--seeds=5", "--grid=x.png"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err,
              HasSubstr("the newest network in runs is " + Checkpoint("runs/00000-quick-images-batch40-gamma1", 1)));
}

TEST_F(GenerateTest, WhatIsStoppedOrKilledLeavesWholeFilesOnly) {
  for (const int signal : {SIGINT, SIGKILL}) {
    for (const char* output : {"--grid=sheet.png", "--raw=raw.npy"}) {
      Process process("generate", WithNetwork({"--seeds=0-99999", output}), folder_.path());
      ASSERT_TRUE(process.WaitUntil([&] { return IsWriting(process); }));
      // Where a file must have a name while it is written, only who is asked to stop can remove it.
      const bool remains = signal == SIGKILL && HasTemporaryFile();
      process.Signal(signal);
      const Outcome outcome = process.Wait();
      EXPECT_EQ(outcome.signal, signal) << outcome;
      EXPECT_EQ(HasTemporaryFile(), remains);
    }
  }
  EXPECT_FALSE(Exists(File("sheet.png")));
  EXPECT_FALSE(Exists(File("raw.npy")));
}

TEST_F(GenerateTest, ItsPicturesAreNoTrainingImages) {
  ASSERT_EQ(Generate({"--seeds=0-3", "--outdir=images"}).exit_code, 0);
  std::vector<std::string> arguments = StartArguments(0.04, "again");
  Outcome trained = RunTool("train", arguments, folder_.path());
  ASSERT_EQ(trained.exit_code, 0) << trained;
  EXPECT_THAT(trained.err, HasSubstr("\n11 images at 8x8"));
  EXPECT_THAT(trained.err, HasSubstr("\nnote: 4 pictures of this program (--own-pictures takes them) left out\n"));
  arguments.emplace_back("--own-pictures");
  trained = RunTool("train", arguments, folder_.path());
  ASSERT_EQ(trained.exit_code, 0) << trained;
  EXPECT_THAT(trained.err, HasSubstr("\n15 images at 8x8"));
}

TEST_F(GenerateTest, AnUnwritableRawFileIsNoticedBeforeTheWork) {
  const Outcome outcome = Generate({"--seeds=0-3", "--raw=missing/raw.npy"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("missing/raw.npy: cannot create"));
  EXPECT_FALSE(Exists(File("out")));
}

TEST_F(GenerateTest, MoreImagesThanAreMappedAtOnce) {
  const auto many = Raw({"--seeds=0-1039", "--noise-mode=none"}),
             last = Raw({"--seeds=1024-1039", "--noise-mode=none"});
  ASSERT_EQ(many.size(), 1040u);
  for (int i = 0; i < 16; ++i) EXPECT_THAT(last[i], Near(many[1024 + i])) << i;
}

TEST_F(GenerateTest, HelpNamesEveryFlag) {
  const Outcome outcome = RunTool("generate", {"--help"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag :
       {"--network=", "--seeds=", "--z=", "--w=", "--trunc=", "--noise-mode=", "--noise-seed=", "--like=", "--format=",
        "--quality=", "--outdir=", "--grid=", "--columns=", "--raw=", "--device=", "--threads=", "--profile="}) {
    EXPECT_THAT(outcome.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(outcome.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
