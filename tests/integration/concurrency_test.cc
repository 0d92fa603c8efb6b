// Several processes at once: runs in one folder, readers beside a writer, and a folder that is taken away.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gan/image/decode_image.h"
#include "gan/train/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr double kEndless = 100000;  // kimg
constexpr char kRunName[] = "00000-quick-images-batch40-gamma1";

class ConcurrencyTest : public SmallTraining {
 protected:
  std::vector<std::unique_ptr<Process>> StartMany(int count, const std::vector<std::string>& arguments) {
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < count; ++i) {
      processes.push_back(std::make_unique<Process>("train", arguments, folder_.path()));
    }
    return processes;
  }
};

TEST_F(ConcurrencyTest, TwentyStartsInOneFolder) {
  constexpr int kStarts = 20;
  for (const std::unique_ptr<Process>& process : StartMany(kStarts, StartArguments(1))) {
    const Outcome outcome = process->Wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome;
  }
  ASSERT_EQ(std::distance(std::filesystem::directory_iterator(File("runs")), {}), kStarts);
  const std::string state = ReadFile(Checkpoint(RunFolder(), 1));
  for (int i = 0; i < kStarts; ++i) {
    const std::string run = absl::StrFormat("runs/%05d-quick-images-batch40-gamma1", i);
    EXPECT_TRUE(ReadFile(Checkpoint(File(run), 1)) == state) << run << " is whole, and equal to the others";
  }
}

// A process that has the folder and does not give it up.
TEST_F(ConcurrencyTest, AStartThatHasToWaitSaysForWhomAndCanBeStopped) {
  std::filesystem::create_directory(File("runs"));
  const int folder = open(File("runs").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(flock(folder, LOCK_EX), 0);
  Process process("train", StartArguments(1), folder_.path());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(process.WaitUntil([&] { return std::chrono::steady_clock::now() - begin > std::chrono::seconds(5); }));
  process.Signal(SIGTERM);
  const Outcome outcome = process.Wait();
  close(folder);
  EXPECT_EQ(outcome.signal, SIGTERM) << outcome;
  EXPECT_THAT(outcome.err,
              MatchesRegex("(.*\n)?waiting for runs, which (process [0-9]+|another process) has locked\n"));
  EXPECT_TRUE(std::filesystem::is_empty(File("runs")));
}

TEST_F(ConcurrencyTest, OneOfManyResumesAtATime) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  int finished = 0;
  for (const std::unique_ptr<Process>& process :
       StartMany(8, {"--resume=" + RunFolder(), "--kimg=4", "--data=images"})) {
    const Outcome outcome = process->Wait();
    finished += outcome.exit_code == 0;
    if (outcome.exit_code == 0) continue;
    EXPECT_EQ(outcome.exit_code, 1) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(" is training there"));
  }
  EXPECT_GE(finished, 1);
  ASSERT_EQ(RunTool("train", StartArguments(4, "whole"), folder_.path()).exit_code, 0);
  EXPECT_TRUE(ReadFile(Checkpoint(RunFolder(), 4)) == ReadFile(Checkpoint(RunFolder("whole"), 4)));
  const std::string stats = ReadFile(RunFolder() + "/stats.jsonl");
  EXPECT_EQ(std::count(stats.begin(), stats.end(), '\n'), 4) << "no tick is written twice:\n" << stats;
}

TEST_F(ConcurrencyTest, PicturesAreMadeDuringTraining) {
  std::vector<std::string> arguments = StartArguments(kEndless);
  arguments.push_back("--keep=1");  // a checkpoint that is being read may be removed
  Process training("train", arguments, folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 1)); })) << training.Wait();
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome =
        RunTool("generate", {"--network=" + RunFolder(), "--seeds=3", "--outdir=pictures"}, folder_.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    EXPECT_TRUE(gan::DecodeImage(ReadFile(File("pictures/seed0003.png")), gan::DecodeLimits()).ok());
    const Outcome inspected = RunTool("inspect", {"--network=" + RunFolder()}, folder_.path());
    ASSERT_EQ(inspected.exit_code, 0) << inspected;
  }
  training.Signal(SIGTERM);
  EXPECT_EQ(training.Wait().signal, SIGTERM);
}

TEST_F(ConcurrencyTest, ARunFolderThatIsMovedKeepsWhatItHas) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 1)); })) << training.Wait();
  std::filesystem::rename(RunFolder(), File("moved"));
  std::this_thread::sleep_for(std::chrono::seconds(1));  // some ticks and checkpoints that have no place to go
  training.Signal(SIGTERM);
  const Outcome outcome = training.Wait();
  EXPECT_EQ(outcome.exit_code, 1) << outcome << "\nwhat was trained since the move is lost";
  EXPECT_THAT(outcome.err, HasSubstr(std::string("runs/") + kRunName));
  EXPECT_FALSE(Exists(RunFolder())) << "no second folder appears in its place";
  const std::string last = std::filesystem::path(gan::ListCheckpoints(File("moved"))[0]).filename();
  const int kimg = std::stoi(last.substr(last.rfind('-') + 1));
  const Outcome resumed = RunTool("train", {"--resume=moved", "--kimg=" + std::to_string(kimg + 1)}, folder_.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed;
}

TEST_F(ConcurrencyTest, ARunFolderThatIsDeletedEndsInAnError) {
  Process training("train", StartArguments(kEndless), folder_.path());
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), 1)); })) << training.Wait();
  // Removed twice, since a file may be written while the folder is being emptied.
  ASSERT_TRUE(training.WaitUntil([&] {
    std::error_code ignored;
    std::filesystem::remove_all(RunFolder(), ignored);
    return !Exists(RunFolder());
  }));
  training.Signal(SIGTERM);
  const Outcome outcome = training.Wait();
  EXPECT_EQ(outcome.exit_code, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(std::string("runs/") + kRunName));
  EXPECT_FALSE(Exists(RunFolder()));
}

}  // namespace
}  // namespace sg::integration
