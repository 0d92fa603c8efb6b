// metrics, and the metrics of train: numbers with their intervals, on stdout and in the files of a run.
#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<nlohmann::json> Lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(nlohmann::json::parse(text.substr(begin, end - begin)));
  }
  return lines;
}

class MetricsTest : public SmallTraining {
 protected:
  void Train(double kimg, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = StartArguments(kimg);
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome trained = RunTool("train", arguments, folder_.path());
    ASSERT_EQ(trained.exit_code, 0) << trained;
  }
  // With flags beside those that are usual here, or in their place.
  Outcome Metrics(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = more;
    for (const std::string& usual :
         {"--network=" + RunFolder(), std::string("--cache-dir=cache"), std::string("--num=24")}) {
      const std::string flag = usual.substr(0, usual.find('=') + 1);
      const auto given = [&](const std::string& argument) { return argument.rfind(flag, 0) == 0; };
      if (std::none_of(more.begin(), more.end(), given)) arguments.push_back(usual);
    }
    return RunTool("metrics", arguments, folder_.path());
  }
};

TEST_F(MetricsTest, OfACheckpointAgainstItsData) {
  Train(1);
  const Outcome text = Metrics({});
  ASSERT_EQ(text.exit_code, 0) << text;
  EXPECT_THAT(text.out, HasSubstr("kid_efflite0 "));
  EXPECT_THAT(text.out, HasSubstr("24 fakes, 11 reals (data "));
  EXPECT_EQ(folder_.Names().size(), 4u) << "cache, images, options.json and runs";

  const Outcome json = Metrics({"--json", "--metrics=kid_efflite0,ppl_efflite0"});
  ASSERT_EQ(json.exit_code, 0) << json;
  const std::vector<nlohmann::json> lines = Lines(json.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["metric"], "kid_efflite0");
  EXPECT_EQ(lines[0]["num_reals"], 11);
  EXPECT_EQ(lines[0]["network"], Checkpoint(RunFolder(), 1));
  EXPECT_EQ(lines[1]["metric"], "ppl_efflite0");
  EXPECT_EQ(lines[1]["num_reals"], 0);
  const Outcome again = Metrics({"--json", "--metrics=kid_efflite0", "--no-cache"});
  ASSERT_EQ(again.exit_code, 0) << again;
  EXPECT_EQ(Lines(again.out)[0]["results"], lines[0]["results"]) << "the cache changes nothing";
}

TEST_F(MetricsTest, AFileToShareTellsNothingOfItsData) {
  Train(1);
  ASSERT_EQ(RunTool("convert", {"--network=" + RunFolder(), "--out=shared"}, folder_.path()).exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(folder_.Read("shared/config.json"))["data"], "");
  EXPECT_EQ(folder_.Read("shared/model.safetensors").find("images"), std::string::npos) << "the folder of the images";
  const Outcome refused = Metrics({"--network=shared"});
  EXPECT_EQ(refused.exit_code, 2) << refused;
  EXPECT_THAT(refused.err, HasSubstr("--data is needed: shared/model.safetensors does not say what it was trained on"));
  const Outcome given = Metrics({"--network=shared", "--data=images"});
  EXPECT_EQ(given.exit_code, 0) << given;
}

TEST_F(MetricsTest, MistakesAreNamed) {
  Train(1);
  const auto expect = [&](const std::vector<std::string>& arguments, int exit_code, const std::string& message) {
    const Outcome outcome = Metrics(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_THAT(outcome.out, IsEmpty());
  };
  expect({"--metrics=fid50k_full"}, 2, "metrics is \"fid50k_full\"");
  expect({"--metrics="}, 2, "--metrics is empty");
  expect({"--metrics=swd"}, 2, "swd needs square images with a side of at least 16 pixels");
  expect({"--num=5"}, 2, "--num is 5, must be from 16");
  expect({"--network="}, 2, "--network is empty");
  expect({"--network=nowhere"}, 4, "nowhere");
  expect({"--data=nowhere"}, 4, "nowhere");
}

TEST_F(MetricsTest, OfEverySnapshotOfATraining) {
  Train(2, {"--metrics=kid_efflite0,pr_efflite0", "--metric-images=16"});
  for (const char* name : {"kid_efflite0", "pr_efflite0"}) {
    const std::vector<nlohmann::json> lines = Lines(ReadFile(RunFolder() + "/metric-" + name + ".jsonl"));
    ASSERT_EQ(lines.size(), 2u) << name;
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(lines[i]["metric"], name);
      EXPECT_EQ(lines[i]["step"], 25 * (i + 1));
      EXPECT_EQ(lines[i]["num_fakes"], 16);
      EXPECT_THAT(lines[i]["network"].get<std::string>(), HasSubstr("network-snapshot-00000"));
    }
  }
  std::vector<nlohmann::json> stats = Lines(ReadFile(RunFolder() + "/stats.jsonl"));
  stats.erase(std::remove_if(stats.begin(), stats.end(),
                             [](const nlohmann::json& line) { return !line.contains("Metrics/kid_efflite0"); }),
              stats.end());
  ASSERT_EQ(stats.size(), 2u);
  EXPECT_EQ(stats[1]["step"], 50);
  EXPECT_TRUE(stats[1]["Metrics/pr_efflite0_recall"].is_number());
  EXPECT_THAT(ReadFile(RunFolder() + "/log.txt"), HasSubstr("kid_efflite0 "));

  // A run that goes back forgets what came later.
  const Outcome resumed = RunTool("train", {"--resume=" + Checkpoint(RunFolder(), 1), "--kimg=1"}, folder_.path());
  ASSERT_EQ(resumed.exit_code, 0) << resumed;
  EXPECT_EQ(Lines(ReadFile(RunFolder() + "/metric-kid_efflite0.jsonl")).size(), 1u);
}

// The state of a run must not depend on its being measured.
TEST_F(MetricsTest, DoNotChangeTheTraining) {
  Train(1, {"--metrics=kid_efflite0", "--metric-images=16"});
  const std::string measured = ReadFile(Checkpoint(RunFolder(), 1));
  std::vector<std::string> arguments = StartArguments(1, "other");
  ASSERT_EQ(RunTool("train", arguments, folder_.path()).exit_code, 0);
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder("other"), 1)) == measured);
}

TEST_F(MetricsTest, AWrongMetricIsNoticedBeforeTheRunBegins) {
  const Outcome outcome = RunTool("train", {"--options=options.json", "--metrics=swd"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("swd needs square images with a side of at least 16 pixels"));
  EXPECT_FALSE(Exists(File("training-runs")));
}

}  // namespace
}  // namespace sg::integration
