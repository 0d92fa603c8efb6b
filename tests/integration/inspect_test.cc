// inspect: its reports on a checkpoint, a file of another program, and a damaged file.
#include <sys/resource.h>

#include <filesystem>
#include <map>
#include <string>

#include "engine/io/safetensors_writer.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/trained_network.h"

namespace sg::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class InspectTest : public TrainedNetwork {
 protected:
  void SetUp() override {
    TrainedNetwork::SetUp();
    std::filesystem::copy_file(Checkpoint(RunFolder(), 1), File("state.safetensors"));
  }

  Outcome Inspect(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--network=" + file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool("inspect", arguments, folder_.path());
  }

  nlohmann::json Json(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Inspect(file, arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_THAT(outcome.err, IsEmpty());
    return nlohmann::json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  }
};

TEST_F(InspectTest, ACheckpointAsText) {
  const Outcome outcome = Inspect("state.safetensors");
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith("state.safetensors\n"), HasSubstr("StyleGAN2 8x8, latent 8, 2 mapping layers"),
                    HasSubstr("steps: 25\n"), HasSubstr("checksums: yes\n")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("generator.style_block"))) << "tensors are listed on request";
  EXPECT_THAT(Inspect("state.safetensors", {"--tensors"}).out, HasSubstr("generator.style_block"));
}

TEST_F(InspectTest, TheProbabilityOfAugmentationInAFileOfNvidia) {
  const std::string file = std::filesystem::absolute("tests/golden/foreign_networks/nvidia_augmented.pkl").string();
  EXPECT_THAT(Inspect(file).out, HasSubstr("\n  augmentation p: 0.3125\n"));
  EXPECT_EQ(Json(file)["augment_p"], 0.3125);
}

TEST_F(InspectTest, TheReportOfARun) {
  for (const std::string& network : {RunFolder(), File("runs"), Checkpoint(RunFolder(), 1)}) {
    const Outcome outcome = Inspect(network, {"--report=page.html"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_EQ(outcome.out, "wrote page.html\n");
    const std::string page = ReadFile(File("page.html"));
    EXPECT_THAT(page, AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("\"state\":\"finished\"")));
    std::filesystem::remove(File("page.html"));
  }
  const Outcome elsewhere = Inspect("state.safetensors", {"--report=page.html"});
  EXPECT_EQ(elsewhere.exit_code, 4);
  EXPECT_THAT(elsewhere.err, HasSubstr("state.safetensors: not in the folder of a run"));
  const Outcome nowhere = Inspect(RunFolder(), {"--report=nowhere/page.html"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("nowhere/page.html"));
}

TEST_F(InspectTest, ACheckpointAsJson) {
  const nlohmann::json plain = Json("state.safetensors");
  EXPECT_EQ(plain["path"], "state.safetensors");
  EXPECT_EQ(plain["checksums"], true);
  EXPECT_EQ(plain["metadata"]["steps"], "25");
  EXPECT_EQ(plain["config"]["model"]["resolution"], 8);
  EXPECT_EQ(plain["config"]["kimg"], 1);
  EXPECT_EQ(plain["elements"]["generator"], plain["elements"]["ema.generator"]);
  EXPECT_EQ(plain["elements"]["mapping_network"], 2 * (8 * 8 + 8));
  EXPECT_FALSE(plain.contains("tensors"));

  const nlohmann::json listed = Json("state.safetensors", {"--tensors"});
  bool found = false;
  for (const nlohmann::json& tensor : listed["tensors"]) {
    if (tensor["name"] != "mapping_network.net.0.weight.weight") continue;
    found = true;
    EXPECT_EQ(tensor["dtype"], "F32");
    EXPECT_EQ(tensor["shape"], "[8,8]");
  }
  EXPECT_TRUE(found);
}

TEST_F(InspectTest, AFolderMeansItsNewestCheckpoint) {
  std::filesystem::copy_file(Checkpoint(RunFolder(), 1), Checkpoint(RunFolder(), 0));
  EXPECT_EQ(Json(RunFolder())["path"], Checkpoint(RunFolder(), 1));
  EXPECT_THAT(Inspect(RunFolder()).out, HasSubstr("steps: 25\n"));
}

TEST_F(InspectTest, AFileOfAnotherProgram) {
  const std::vector<float> values = {1, 2, 3};
  std::vector<io::SafetensorsEntry> entries;
  entries.push_back({"weird\x1b[31mname", "F32", {3}, io::FromMemory(values.data(), 12)});
  ASSERT_TRUE(io::WriteSafetensors(File("other.safetensors"), std::move(entries), {{"by", "me\x1b[2J"}}).ok());
  const Outcome outcome = Inspect("other.safetensors", {"--tensors"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("a safetensors file of another program"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b"))) << "a file must not command the terminal";
  EXPECT_EQ(Json("other.safetensors")["elements"].size(), 1u);
}

// A configuration whose preset is `preset`, as in the metadata of a checkpoint.
std::string ConfigWithPreset(const std::string& preset) {
  gan::TrainConfig config;
  config.preset = preset;
  return gan::ToJson(config);
}

TEST_F(InspectTest, APresetDoesNotCommandTheTerminal) {
  ASSERT_TRUE(io::WriteSafetensors(File("other"), {}, {{"config", ConfigWithPreset("a\x1b[2J")}}).ok());
  const Outcome outcome = Inspect("other");
  EXPECT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("preset \"a\\x1b[2J\""));
}

TEST_F(InspectTest, AHundredThousandEntriesTakeLittleTime) {
  std::map<std::string, std::string> metadata;
  for (int i = 0; i < 100'000; ++i) metadata[std::to_string(i)] = "";
  ASSERT_TRUE(io::WriteSafetensors(File("other"), {}, metadata).ok());
  rusage before, after;
  ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &before), 0);
  const Outcome outcome = Inspect("other");
  ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &after), 0);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\n  99999: \n"));
  EXPECT_LT(after.ru_utime.tv_sec - before.ru_utime.tv_sec, 5);
}

TEST_F(InspectTest, ADamagedFile) {
  const std::string bytes = folder_.Read("state.safetensors");
  folder_.Patch("state.safetensors", bytes.size() - 100, static_cast<char>(bytes[bytes.size() - 100] ^ 1));
  const Outcome damaged = Inspect("state.safetensors");
  EXPECT_EQ(damaged.exit_code, 4) << damaged;
  EXPECT_THAT(damaged.out, IsEmpty());
  EXPECT_THAT(damaged.err, StartsWith("inspect: state.safetensors: "));
  EXPECT_EQ(Inspect("state.safetensors", {"--noverify"}).exit_code, 0) << "the header is still good";

  folder_.Truncate("state.safetensors", bytes.size() / 2);
  EXPECT_EQ(Inspect("state.safetensors", {"--noverify"}).exit_code, 4);
  EXPECT_EQ(Inspect("missing.safetensors").exit_code, 4);
  folder_.Write("text", "not a network");
  EXPECT_EQ(Inspect("text").exit_code, 4);
  const Outcome folder = Inspect("images");
  EXPECT_EQ(folder.exit_code, 4) << folder;
  EXPECT_EQ(folder.err, "inspect: images: no checkpoint in this folder\n");
}

TEST_F(InspectTest, MistakesAndHelp) {
  const Outcome nothing = RunTool("inspect", {}, folder_.path());
  EXPECT_EQ(nothing.exit_code, 2) << nothing;
  EXPECT_THAT(nothing.err, HasSubstr("--network is needed"));
  const Outcome bare = RunTool("inspect", {"state.safetensors"}, folder_.path());
  EXPECT_EQ(bare.exit_code, 2) << bare;
  EXPECT_THAT(bare.err, HasSubstr("did you mean --network=state.safetensors?"));
  const Outcome help = RunTool("inspect", {"--help"}, folder_.path());
  EXPECT_EQ(help.exit_code, 0);
  for (const char* flag : {"--network=", "--[no]tensors", "--[no]verify", "--[no]json"}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + flag));
  }
  EXPECT_THAT(help.out, HasSubstr("\nOther:\n  -h, --help\n")) << "a flag is in no group, and not in this test";
}

}  // namespace
}  // namespace sg::integration
