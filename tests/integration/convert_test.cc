// convert: files of other programs to ours and back, and what generate and inspect make of them.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/npy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/subprocess.h"
#include "tests/support/scratch_dir.h"

namespace sg::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class ConvertTest : public ::testing::Test {
 protected:
  // The path of a file of tests/golden/foreign_networks.py.
  static std::string Foreign(const std::string& name) {
    return std::filesystem::absolute("tests/golden/foreign_networks/" + name).string();
  }
  Outcome Convert(const std::vector<std::string>& arguments) { return RunTool("convert", arguments, folder_.path()); }

  // The float pictures of two seeds.
  std::vector<double> Pictures(const std::string& network) {
    const Outcome outcome = RunTool(
        "generate",
        {"--network=" + network, "--seeds=1,2", "--noise-mode=none", "--trunc=0.7", "--raw=raw.npy", "--grid=grid.png"},
        folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    const absl::StatusOr<io::NpyArray> raw = io::ReadNpy(folder_.File("raw.npy"), /*max_values=*/1 << 20);
    EXPECT_TRUE(raw.ok()) << raw.status();
    return raw.ok() ? raw->values : std::vector<double>();
  }

  nn::ScratchDir folder_;
};

// From NVIDIA's file to ours, to rosinality's, to a folder: every one makes the same picture, bit for bit.
TEST_F(ConvertTest, AChainOfFormatsKeepsThePictures) {
  const std::vector<double> pictures = Pictures(Foreign("nvidia_whole.pkl"));
  ASSERT_EQ(pictures.size(), 2u * 32 * 32 * 3);
  std::string from = Foreign("nvidia_whole.pkl");
  for (const char* to : {"a.safetensors", "a.pt", "a", "b.safetensors"}) {
    const Outcome outcome = Convert({"--network=" + from, std::string("--out=") + to});
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_EQ(outcome.out, std::string(to) + "\n");
    EXPECT_THAT(outcome.err, HasSubstr("a StyleGAN2 of 32x32 pixels, from "));
    EXPECT_EQ(Pictures(to), pictures) << to;
    from = to;
  }
  EXPECT_TRUE(std::filesystem::exists(folder_.File("a/config.json")));
}

TEST_F(ConvertTest, AConditionalNetworkKeepsItsClassesAndItsNoise) {
  const auto picture = [this](const std::string& network, const std::string& index, const std::string& seed) {
    const Outcome outcome = RunTool("generate",
                                    {"--network=" + network, "--seeds=1", "--class=" + index, "--noise-seed=" + seed,
                                     "--raw=raw.npy", "--grid=a.png"},
                                    folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    const absl::StatusOr<io::NpyArray> raw = io::ReadNpy(folder_.File("raw.npy"), /*max_values=*/1 << 20);
    EXPECT_TRUE(raw.ok()) << raw.status();
    return raw.ok() ? raw->values : std::vector<double>();
  };
  const std::string foreign = Foreign("nvidia_conditional.pkl");
  ASSERT_EQ(Convert({"--network=" + foreign, "--out=model"}).exit_code, 0);
  EXPECT_THAT(folder_.Read("model/README.md"), HasSubstr("--seeds=0-15 --class=0"));
  const std::vector<double> third = picture(foreign, "3", "0");
  EXPECT_EQ(picture("model", "3", "0"), third);
  EXPECT_EQ(picture("model", "3", "1"), third) << "constant noise is the file's";
  EXPECT_NE(picture("model", "4", "0"), third);
}

TEST_F(ConvertTest, WhatCannotBeConvertedSaysWhy) {
  const Outcome relu = Convert({"--network=" + Foreign("nvidia_relu.pkl"), "--out=a.safetensors"});
  EXPECT_EQ(relu.exit_code, 4) << relu;
  EXPECT_THAT(relu.err, HasSubstr("its activation is \"relu\""));
  EXPECT_THAT(folder_.Names(), IsEmpty());
  const Outcome clamp = Convert({"--network=" + Foreign("nvidia_clamp.pkl"), "--out=clamp.pt"});
  EXPECT_EQ(clamp.exit_code, 0) << clamp;
  EXPECT_THAT(clamp.err, HasSubstr("Rosinality's code does not clamp"));
  const Outcome annotated = Convert({"--network=" + Foreign("annotated.pt"), "--out=a.pt"});
  EXPECT_EQ(annotated.exit_code, 4) << annotated;
  EXPECT_THAT(annotated.err, HasSubstr("a.pt: rosinality's code has no network whose latent_norm"));
  EXPECT_EQ(Convert({"--network=" + Foreign("annotated.pt"), "--out=annotated"}).exit_code, 0);
}

TEST_F(ConvertTest, MistakesOnTheCommandLine) {
  const std::string network = "--network=" + Foreign("annotated.pt");
  folder_.Write("text", "hello");
  std::filesystem::create_directory(folder_.File("folder.pt"));
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string error;
  };
  for (const Case& c : {Case{{}, 2, "--network is needed"},
                        {{network}, 2, "--out is needed"},
                        {{network, "--out=a", "--format=pkl"}, 2, "--format is \"pkl\""},
                        {{network, "--out=folder.pt"}, 2, "is a folder"},
                        {{"--network=text", "--out=text"}, 2, "--out is the file of --network"},
                        {{"--network=text", "--out=a.pt"}, 4, "text: this is no file of weights"},
                        {{"--network=missing", "--out=a.pt"}, 4, "missing: "},
                        {{network, "--out=missing/a.safetensors"}, 1, "missing/a.safetensors: "}}) {
    const Outcome outcome = Convert(c.arguments);
    EXPECT_EQ(outcome.exit_code, c.exit_code) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(c.error));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  const Outcome help = Convert({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* flag : {"--network=", "--out=", "--format="}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(help.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

TEST_F(ConvertTest, NoFolderGetsTheNameOfAnotherFormat) {
  for (const char* name : {"a.pkl", "a.ckpt", "a.npz"}) {
    const Outcome outcome = Convert({"--network=" + Foreign("nvidia_whole.pkl"), std::string("--out=") + name});
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("--out=") + name + " must end in .safetensors, .pt or .onnx"));
  }
  EXPECT_THAT(folder_.Names(), IsEmpty());
}

TEST_F(ConvertTest, InspectDescribesAForeignFile) {
  const Outcome text = RunTool("inspect", {"--network=" + Foreign("rosinality_training.pt")}, folder_.path());
  EXPECT_EQ(text.exit_code, 0) << text;
  EXPECT_THAT(text.out, HasSubstr("a network of rosinality's code\n  StyleGAN2 32x32, latent 64, 2 mapping layers"));
  EXPECT_THAT(text.out, HasSubstr("no average of w"));
  const Outcome json =
      RunTool("inspect", {"--network=" + Foreign("nvidia_clamp.pkl"), "--json", "--tensors"}, folder_.path());
  EXPECT_EQ(json.exit_code, 0) << json;
  const nlohmann::json described = nlohmann::json::parse(json.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_EQ(described["origin"], "NVIDIA's PyTorch code");
  EXPECT_EQ(described["config"]["model"]["resolution"], 8);
  const Outcome refused = RunTool("inspect", {"--network=" + Foreign("stylegan3.pkl")}, folder_.path());
  EXPECT_EQ(refused.exit_code, 4) << refused;
  EXPECT_THAT(refused.err, HasSubstr("StyleGAN3"));
}

TEST_F(ConvertTest, GenerateTellsWhatWasAssumed) {
  const Outcome outcome = RunTool(
      "generate", {"--network=" + Foreign("rosinality_training.pt"), "--seeds=1", "--outdir=out"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("It has no average of w"));
}

// With every number of channels that a network has.
TEST_F(ConvertTest, GenerateWritesGrayAndTransparentImages) {
  for (const auto& [name, color_type] : std::vector<std::pair<std::string, char>>{
           {"nvidia_gray.pkl", 0}, {"nvidia_gray_alpha.pkl", 4}, {"nvidia_clamp.pkl", 2}, {"nvidia_rgba.pkl", 6}}) {
    const Outcome outcome = RunTool("generate", {"--network=" + Foreign(name), "--seeds=1"}, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_THAT(outcome.out, StartsWith("out/seed0001.png"));
    constexpr size_t kColorType = 25;  // its place in the header
    const std::string png = folder_.Read("out/seed0001.png");
    ASSERT_GT(png.size(), kColorType) << name;
    EXPECT_EQ(png[kColorType], color_type) << name;
  }
}

}  // namespace
}  // namespace sg::integration
