// train: a run that was stopped or killed, or whose files are damaged, continues as if it had not been interrupted.
#include <signal.h>

#include <filesystem>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/io/safetensors_reader.h"
#include "gan/train/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kEndless = 100000;  // kimg
constexpr int kStepsPerKimg = 25;

int64_t StepOf(const std::string& checkpoint) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(checkpoint);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return -1;
  EXPECT_TRUE(file->Verify().ok());
  return std::stoll(file->metadata().at("steps"));
}

class ResumeTest : public SmallTraining {
 protected:
  // The end of a resumed run in kimg: a whole thousand images past its second newest checkpoint.
  int EndAfter(const std::string& run) const {
    return static_cast<int>(StepOf(gan::ListCheckpoints(run)[0]) / kStepsPerKimg) + 2;
  }

  // Resumes the run up to `kimg`, and checks that it equals one that was never interrupted.
  Outcome ResumesAsIfNothingHappened(const std::string& resume, int kimg) {
    std::vector<std::string> arguments = {"--resume=" + resume, "--kimg=" + std::to_string(kimg)};
    if (resume == "latest") arguments.push_back("--outdir=runs");
    const Outcome outcome = RunTool("train", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    const Outcome whole = RunTool("train", StartArguments(kimg, "whole"), folder_.path());
    EXPECT_EQ(whole.exit_code, 0) << whole;
    const std::string resumed_state = ReadFile(Checkpoint(RunFolder(), kimg));
    EXPECT_FALSE(resumed_state.empty());
    EXPECT_TRUE(resumed_state == ReadFile(Checkpoint(RunFolder("whole"), kimg))) << outcome;

    std::vector<int> steps, wanted;
    std::istringstream stats(ReadFile(RunFolder() + "/stats.jsonl"));
    for (std::string line; std::getline(stats, line);) steps.push_back(nlohmann::json::parse(line)["step"]);
    for (int tick = 1; tick <= kimg; ++tick) wanted.push_back(tick * kStepsPerKimg);
    EXPECT_EQ(steps, wanted) << "one line of statistics for every tick";
    return outcome;
  }
};

TEST_F(ResumeTest, TerminatedAndGoneOn) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 1)); })) << training.Wait();
  training.Signal(SIGTERM);
  const Outcome stopped = training.Wait();
  EXPECT_EQ(stopped.signal, SIGTERM) << stopped;  // a shell reports 143
  EXPECT_THAT(stopped.out + stopped.err,
              HasSubstr("stopped and saved. Resume: bazel run //tools:train -- --resume=runs/"));
  const Outcome resumed = ResumesAsIfNothingHappened("latest", EndAfter(RunFolder()));
  EXPECT_THAT(resumed.out + resumed.err, HasSubstr("resuming from"));
  EXPECT_THAT(resumed.out + resumed.err, Not(HasSubstr("warning")));
}

TEST_F(ResumeTest, InterruptedFromTheKeyboard) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(RunFolder() + "/fakes_init.png"); })) << training.Wait();
  training.Signal(SIGINT);
  const Outcome stopped = training.Wait();
  EXPECT_EQ(stopped.signal, SIGINT) << stopped;  // a shell reports 130
  const std::vector<std::string> checkpoints = gan::ListCheckpoints(RunFolder());
  ASSERT_FALSE(checkpoints.empty()) << stopped;
  EXPECT_GE(StepOf(checkpoints[0]), 1);
}

TEST_F(ResumeTest, TheEndOfTheTerminalIsATermination) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(RunFolder() + "/fakes_init.png"); })) << training.Wait();
  training.Signal(SIGHUP);
  const Outcome stopped = training.Wait();
  EXPECT_EQ(stopped.signal, SIGHUP) << stopped;
  EXPECT_FALSE(gan::ListCheckpoints(RunFolder()).empty()) << stopped;
}

TEST_F(ResumeTest, AConsoleThatIsGoneEndsNothing) {
  for (const Output output : {Output::kBroken, Output::kClosed}) {
    const std::string outdir = output == Output::kBroken ? "broken" : "closed";
    Process training("train", StartArguments(kEndless, outdir), folder_.path(), output);
    ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(outdir), 1)); })) << outdir;
    training.Signal(SIGINT);
    EXPECT_EQ(training.Wait().signal, SIGINT) << outdir;
    const std::vector<std::string> checkpoints = gan::ListCheckpoints(RunFolder(outdir));
    ASSERT_FALSE(checkpoints.empty()) << outdir;
    for (const std::string& checkpoint : checkpoints) EXPECT_GE(StepOf(checkpoint), kStepsPerKimg) << "whole and sound";
    EXPECT_THAT(ReadFile(RunFolder(outdir) + "/log.txt"), HasSubstr("stopped and saved. Resume: "));
  }
}

TEST_F(ResumeTest, KilledLosesAtMostOneInterval) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 2)); })) << training.Wait();
  training.Signal(SIGKILL);
  EXPECT_EQ(training.Wait().signal, SIGKILL);
  std::istringstream stats(ReadFile(RunFolder() + "/stats.jsonl"));
  int64_t last_tick = 0;
  for (std::string line; std::getline(stats, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object()) last_tick = entry["step"];
  }
  EXPECT_GE(StepOf(gan::ListCheckpoints(RunFolder())[0]), last_tick - kStepsPerKimg);
  // The leftovers of a kill in the middle of writing.
  folder_.Write(
      "runs/" + std::filesystem::path(RunFolder()).filename().string() + "/network-snapshot-000099.safetensors.tmp.1.1",
      "half");
  std::ofstream(RunFolder() + "/stats.jsonl", std::ios::app) << "{\"step\":1";
  ResumesAsIfNothingHappened("latest", EndAfter(RunFolder()));
  EXPECT_FALSE(Exists(RunFolder() + "/network-snapshot-000099.safetensors.tmp.1.1"));
}

TEST_F(ResumeTest, ADamagedNewestCheckpointFallsBackToTheOneBefore) {
  ASSERT_EQ(RunTool("train", StartArguments(3), folder_.path()).exit_code, 0);
  const std::string newest = Checkpoint(RunFolder(), 3), before = Checkpoint(RunFolder(), 2);
  std::filesystem::resize_file(newest, std::filesystem::file_size(newest) / 2);
  const std::string run = std::filesystem::relative(RunFolder(), folder_.path());
  const Outcome resumed = ResumesAsIfNothingHappened(run, 4);
  const std::string said = resumed.out + resumed.err;
  EXPECT_THAT(said, HasSubstr("warning: " + Checkpoint(run, 3)));
  EXPECT_THAT(said, HasSubstr("resuming from " + Checkpoint(run, 2) + ", step 50"));
  EXPECT_THAT(said, HasSubstr("set aside, because it is later: " + Checkpoint(run, 3) + ".superseded\n"));
  EXPECT_TRUE(Exists(newest + ".superseded"));
}

TEST_F(ResumeTest, WithoutAnyGoodCheckpointNothingIsTouched) {
  ASSERT_EQ(RunTool("train", StartArguments(2), folder_.path()).exit_code, 0);
  const std::string stats = ReadFile(RunFolder() + "/stats.jsonl");
  for (const std::string& checkpoint : gan::ListCheckpoints(RunFolder())) std::filesystem::resize_file(checkpoint, 100);
  const Outcome outcome = RunTool("train", {"--resume=latest", "--outdir=runs"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 4) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("none of 2 checkpoints can be read"));
  EXPECT_EQ(ReadFile(RunFolder() + "/stats.jsonl"), stats);
}

TEST_F(ResumeTest, AFinishedRunCanBeExtendedFromOneOfItsCheckpoints) {
  ASSERT_EQ(RunTool("train", StartArguments(2), folder_.path()).exit_code, 0);
  const Outcome resumed =
      ResumesAsIfNothingHappened(std::filesystem::relative(Checkpoint(RunFolder(), 1), folder_.path()), 3);
  EXPECT_THAT(resumed.out + resumed.err, HasSubstr("step 25"));
}

TEST_F(ResumeTest, LaterCheckpointsDoNotOutliveTheReturnToAnEarlierOne) {
  ASSERT_EQ(RunTool("train", StartArguments(3), folder_.path()).exit_code, 0);
  const std::string run = RunFolder(), abandoned = ReadFile(Checkpoint(run, 3));
  const Outcome returned = RunTool("train", {"--resume=" + Checkpoint(run, 1), "--kimg=2", "--keep=1"}, folder_.path());
  ASSERT_EQ(returned.exit_code, 0) << returned;
  const std::string said = returned.out + returned.err;
  for (int kimg : {2, 3}) {
    const std::string line = "set aside, because it is later: " + Checkpoint(run, kimg) + ".superseded\n";
    EXPECT_THAT(said, HasSubstr(line));
    EXPECT_THAT(ReadFile(run + "/log.txt"), HasSubstr(line));
  }
  EXPECT_THAT(gan::ListCheckpoints(run), ElementsAre(Checkpoint(run, 2))) << "the new one is the newest, and is kept";
  EXPECT_TRUE(ReadFile(Checkpoint(run, 3) + ".superseded") == abandoned);

  const Outcome resumed = RunTool("train", {"--resume=latest", "--outdir=runs", "--kimg=3"}, folder_.path());
  ASSERT_EQ(resumed.exit_code, 0) << resumed;
  EXPECT_THAT(resumed.out + resumed.err, HasSubstr(", step 50\n"));
  EXPECT_THAT(resumed.out + resumed.err, Not(HasSubstr("set aside")));
}

// The number in a file's name does not have to match the state in the file.
TEST_F(ResumeTest, ARenamedCheckpointSetsAsideWhatIsLaterThanItsState) {
  ASSERT_EQ(RunTool("train", StartArguments(2), folder_.path()).exit_code, 0);
  const std::string run = RunFolder(), best = run + "/best.safetensors";
  std::filesystem::copy_file(Checkpoint(run, 1), best);
  ASSERT_EQ(RunTool("train", {"--resume=" + best, "--kimg=1.2"}, folder_.path()).exit_code, 0);
  EXPECT_TRUE(Exists(best));
  EXPECT_TRUE(Exists(Checkpoint(run, 2) + ".superseded"));
  EXPECT_THAT(gan::ListCheckpoints(run), ElementsAre(Checkpoint(run, 1, 200), Checkpoint(run, 1)));
  EXPECT_EQ(StepOf(Checkpoint(run, 1, 200)), 30);
}

// A folder of downloads, in which a user keeps other things, too.
TEST_F(ResumeTest, ACheckpointOutsideARunStartsANewRun) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  std::filesystem::create_directory(File("downloads"));
  std::filesystem::copy_file(Checkpoint(RunFolder(), 1), Checkpoint(File("downloads"), 1));
  const std::vector<std::string> others = {"thesis.tmp.docx",     "network-snapshot-000002.safetensors.tmp.1.2",
                                           "fakes000002.png",     "network-snapshot-000009.safetensors",
                                           "reals.png",           "stats.jsonl",
                                           "stats.jsonl.tmp.1.2", "log.txt"};
  for (const std::string& name : others) folder_.Write("downloads/" + name, "a user's");
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1));
  for (const std::string desc : {"file", "folder"}) {
    if (desc == "folder") std::filesystem::remove(Checkpoint(File("downloads"), 9));  // else that is the newest
    const std::string from = desc == "file" ? Checkpoint("downloads", 1) : "downloads";
    const Outcome resumed =
        RunTool("train", {"--resume=" + from, "--kimg=2", "--outdir=new", "--desc=" + desc}, folder_.path());
    ASSERT_EQ(resumed.exit_code, 0) << resumed;
    EXPECT_THAT(resumed.err, HasSubstr("resuming from " + Checkpoint("downloads", 1) + ", step 25\n"));
    EXPECT_TRUE(ReadFile(Checkpoint(File("downloads"), 1)) == state);
    for (const std::string& name : others) {
      if (desc == "folder" && name == "network-snapshot-000009.safetensors") continue;
      EXPECT_EQ(ReadFile(File("downloads/" + name)), "a user's") << name;
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(File("downloads")), {}), 8) << "no file was added";
  ASSERT_EQ(RunTool("train", {"--resume=" + RunFolder(), "--kimg=2"}, folder_.path()).exit_code, 0);
  for (const char* run :
       {"new/00000-quick-images-batch40-gamma1-file", "new/00001-quick-images-batch40-gamma1-folder"}) {
    EXPECT_TRUE(ReadFile(Checkpoint(File(run), 2)) == ReadFile(Checkpoint(RunFolder(), 2))) << "the same continuation";
    for (const char* name : {"training_options.json", "reals.png", "log.txt", "stats.jsonl"}) {
      EXPECT_TRUE(Exists(File(std::string(run) + "/" + name))) << name;
    }
  }
}

TEST_F(ResumeTest, LessThanTheRunHasIsRefused) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1)), log = ReadFile(RunFolder() + "/log.txt"),
                    options = ReadFile(RunFolder() + "/training_options.json");
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--dry-run"}}) {
    std::vector<std::string> arguments = {"--resume=" + RunFolder(), "--kimg=0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = RunTool("train", arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("the run has 1 kimg already, --kimg=0.1 asks for less"));
  }
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 1)) == state);
  EXPECT_EQ(ReadFile(RunFolder() + "/log.txt"), log);
  EXPECT_EQ(ReadFile(RunFolder() + "/training_options.json"), options);
}

TEST_F(ResumeTest, TheRunsFilesTellWhatChangedAndWhatEndedIt) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  folder_.Write("images/3.png", "no longer an image");
  const Outcome failed = RunTool("train", {"--resume=" + RunFolder(), "--kimg=2", "--lr=0.001"}, folder_.path());
  EXPECT_EQ(failed.exit_code, 4) << failed;
  EXPECT_THAT(failed.err, ContainsRegex("\ntrain: /[^ ]*/images/3\\.png: "));
  const std::string log = ReadFile(RunFolder() + "/log.txt");
  EXPECT_THAT(log, HasSubstr("\nchanged: --kimg from 1 to 2\n"));
  EXPECT_THAT(log, HasSubstr("\nchanged: --lr from 0.002 to 0.001\n"));
  EXPECT_THAT(log, ContainsRegex("\ntrain: /[^ ]*/images/3\\.png: "));
  const nlohmann::json options = nlohmann::json::parse(ReadFile(RunFolder() + "/training_options.json"));
  EXPECT_EQ(options["optimizer"]["lr"], 0.001);
  EXPECT_EQ(options["kimg"], 2);
}

TEST_F(ResumeTest, APrintedCommandCanBeCopied) {
  const Outcome trained = RunTool("train", StartArguments(1, "my runs"), folder_.path());
  ASSERT_EQ(trained.exit_code, 0) << trained;
  EXPECT_THAT(trained.err, HasSubstr(" --resume='my runs/00000-quick-images-batch40-gamma1' --kimg=2\n"));
  EXPECT_THAT(trained.err, HasSubstr(" --network='my runs/00000-quick-images-batch40-gamma1' --seeds"));
}

TEST_F(ResumeTest, FromAnotherFolder) {
  std::vector<std::string> start = StartArguments(1);
  start.push_back("--data=images");
  ASSERT_EQ(RunTool("train", start, folder_.path()).exit_code, 0);
  const Outcome resumed = RunTool("train", {"--resume=" + RunFolder(), "--kimg=2"}, "/");
  EXPECT_EQ(resumed.exit_code, 0) << resumed;
  EXPECT_EQ(StepOf(Checkpoint(RunFolder(), 2)), 2 * kStepsPerKimg);
}

TEST_F(ResumeTest, MovedImagesAreNamedAndTheFlagThatGivesTheirNewLocation) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  std::filesystem::rename(File("images"), File("moved"));
  const Outcome lost = RunTool("train", {"--resume=" + RunFolder(), "--kimg=2"}, folder_.path());
  EXPECT_EQ(lost.exit_code, 4) << lost;
  EXPECT_THAT(lost.err,
              HasSubstr("/images does not exist; if the images have moved, give --data= with their new location"));
  const Outcome found = RunTool("train", {"--resume=" + RunFolder(), "--kimg=2", "--data=moved"}, folder_.path());
  EXPECT_EQ(found.exit_code, 0) << found;
}

TEST_F(ResumeTest, OtherImagesAreOneWarning) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  int kimg = 1;
  // Resumes for another thousand images, and returns the warnings.
  const auto warnings = [&](const std::string& data) {
    const Outcome outcome =
        RunTool("train", {"--resume=" + RunFolder(), absl::StrCat("--kimg=", ++kimg), data}, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    std::vector<std::string> found;
    for (const absl::string_view line : absl::StrSplit(outcome.out + outcome.err, '\n')) {
      if (absl::StartsWith(line, "warning: ")) found.emplace_back(line);
    }
    return found;
  };
  const std::string same = "--data=" + File("images");
  const auto changed = [](const std::string& how) {
    return ElementsAre(HasSubstr("the images have changed since the checkpoint: " + how + "; "));
  };
  EXPECT_THAT(warnings(same), IsEmpty());
  WriteImage("images/new.png", 77);
  EXPECT_THAT(warnings(same), changed("11 before, 12 now"));
  EXPECT_THAT(warnings(same), IsEmpty()) << "the state knows its images now";
  WriteImage("images/new.png", 99);
  EXPECT_THAT(warnings(same), changed("same count, other content"));
  std::filesystem::remove(File("images/3.png"));
  EXPECT_THAT(warnings(same), changed("12 before, 11 now"));
  std::filesystem::copy(File("images"), File("copies"));
  EXPECT_THAT(warnings("--data=copies"), IsEmpty()) << "the same images in another place";
}

TEST_F(ResumeTest, SomeFlagsCannotChange) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1)), log = ReadFile(RunFolder() + "/log.txt");
  for (const char* flag : {"--res=16", "--batch=20", "--seed=2", "--preset=annotated", "--desc=x", "--latent-dim=16",
                           "--mapping-layers=3", "--g-features=8", "--d-features=8", "--max-features=16",
                           "--mbstd-group=2", "--pl-decay=0.9", "--beta1=0.5", "--beta2=0.9"}) {
    const Outcome outcome = RunTool("train", {"--resume=latest", "--outdir=runs", "--kimg=2", flag}, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2) << flag << ": " << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("cannot change in a run that is resumed"));
  }
  const Outcome elsewhere = RunTool("train", {"--resume=" + RunFolder(), "--outdir=other"}, folder_.path());
  EXPECT_EQ(elsewhere.exit_code, 2) << elsewhere;
  EXPECT_FALSE(Exists(File("other")));
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 1)) == state);
  EXPECT_EQ(ReadFile(RunFolder() + "/log.txt"), log);
}

TEST_F(ResumeTest, AFileOfOptionsMayRepeatTheRunAndChangeWhatMayChange) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  std::filesystem::copy(RunFolder() + "/training_options.json", File("same.json"));
  Outcome outcome =
      RunTool("train", {"--resume=latest", "--outdir=runs", "--options=same.json", "--kimg=2"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("changed: --kimg from 1 to 2\n"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("changed: --batch")));

  options_["kimg"] = 3;
  options_["optimizer"]["lr"] = 0.001;
  options_["model"]["max_features"] = 16;
  options_["batch"] = 20;
  WriteOptions();
  const std::string before = ReadFile(RunFolder() + "/log.txt");
  outcome = RunTool("train", {"--resume=latest", "--outdir=runs", "--options=options.json"}, folder_.path());
  EXPECT_EQ(outcome.exit_code, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("--max-features cannot change in a run that is resumed: it is 8, not 16; "
                                     "--batch neither: it is 40, not 20\n"));
  EXPECT_EQ(ReadFile(RunFolder() + "/log.txt"), before);

  options_["model"]["max_features"] = 8;
  options_["batch"] = 40;
  WriteOptions();
  outcome = RunTool("train", {"--resume=latest", "--outdir=runs", "--options=options.json"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("changed: --lr from "));
  EXPECT_TRUE(Exists(Checkpoint(RunFolder(), 3)));
}

TEST_F(ResumeTest, LatestNamesTheLaterRunThatItPassesOver) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  std::filesystem::create_directory(File("runs/00001-stopped"));
  for (const char* flag : {"--dry-run", "--kimg=2"}) {
    const Outcome outcome = RunTool("train", {"--resume=latest", "--outdir=runs", flag}, folder_.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("warning: a later run: runs/00001-stopped: no checkpoint in this folder\n"));
  }
  EXPECT_TRUE(Exists(Checkpoint(RunFolder(), 2)));
}

TEST_F(ResumeTest, OtherFlagsCan) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const Outcome outcome = RunTool("train",
                                  {"--resume=latest", "--outdir=runs", "--kimg=2", "--r1-interval=5", "--pl-interval=9",
                                   "--pl-start=20", "--clip-norm=2", "--ema-rampup=0.1"},
                                  folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome;
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(Checkpoint(RunFolder(), 2));
  ASSERT_TRUE(file.ok()) << file.status();
  const nlohmann::json config = nlohmann::json::parse(file->metadata().at("config"));
  EXPECT_EQ(config["loss"]["r1_interval"], 5);
  EXPECT_EQ(config["loss"]["pl_interval"], 9);
  EXPECT_EQ(config["loss"]["pl_start"], 20);
  EXPECT_EQ(config["optimizer"]["clip_norm"], 2);
  EXPECT_EQ(config["optimizer"]["ema_rampup"], 0.1);
}

TEST_F(ResumeTest, ARunThatIsRunningIsNotResumed) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 1)); })) << training.Wait();
  const Outcome second = RunTool("train", {"--resume=latest", "--outdir=runs"}, folder_.path());
  EXPECT_EQ(second.exit_code, 1) << second;
  EXPECT_THAT(second.err, HasSubstr(" is training there"));
}

TEST_F(ResumeTest, ASaveOnRequestDoesNotStop) {
  options_["snap"] = 1000;
  options_["tick_kimg"] = 0.04;
  WriteOptions();
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return !ReadFile(RunFolder() + "/stats.jsonl").empty(); })) << training.Wait();
  EXPECT_TRUE(gan::ListCheckpoints(RunFolder()).empty());
  training.Signal(SIGUSR1);
  ASSERT_TRUE(training.WaitUntil([&] { return !gan::ListCheckpoints(RunFolder()).empty(); })) << training.Wait();
  const auto size = [&] { return ReadFile(RunFolder() + "/stats.jsonl").size(); };
  const size_t then = size();
  EXPECT_TRUE(training.WaitUntil([&] { return size() > then; })) << "it goes on";
}

}  // namespace
}  // namespace sg::integration
