#include "gan/train/run_directory.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string BaseName(const std::string& path) { return std::filesystem::path(path).filename(); }

void Touch(const std::string& path) { std::ofstream(path).put('x'); }

// Creates the run of `description`, or fails the test.
RunDirectory Make(const std::string& outdir, const std::string& description) {
  absl::StatusOr<RunDirectory> run = RunDirectory::Create(outdir, description);
  SG_CHECK(run.ok()) << run.status();
  return *std::move(run);
}

TEST(RunDirectoryTest, NumbersGoOnFromTheHighest) {
  const nn::ScratchDir folder;
  const std::string outdir = folder.File("a/b");  // is created, too
  EXPECT_EQ(BaseName(Make(outdir, "one").path()), "00000-one");
  EXPECT_EQ(BaseName(Make(outdir, "two").path()), "00001-two");
  std::filesystem::create_directory(outdir + "/00041-elsewhere");
  std::filesystem::create_directory(outdir + "/notes");
  std::filesystem::create_directory(outdir + "/99-");
  EXPECT_EQ(BaseName(Make(outdir, "three").path()), "00100-three");
  std::filesystem::remove(outdir + "/00000-one");
  EXPECT_EQ(BaseName(Make(outdir, "four").path()), "00101-four") << "a free lower number is not reused";
}

TEST(RunDirectoryTest, AFileInTheWayIsAnError) {
  const nn::ScratchDir folder;
  folder.Write("file", "text");
  const absl::StatusOr<RunDirectory> run = RunDirectory::Create(folder.File("file"), "run");
  ASSERT_FALSE(run.ok());
  EXPECT_THAT(std::string(run.status().message()), HasSubstr(folder.File("file")));
  EXPECT_EQ(folder.Read("file"), "text");
}

TEST(RunDirectoryTest, TwentyThreadsGetTwentyFolders) {
  const nn::ScratchDir folder;
  constexpr int kThreads = 20;
  std::vector<std::string> paths(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<RunDirectory> run = RunDirectory::Create(folder.File("runs"), "same");
      if (run.ok()) paths[i] = run->path();
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(paths.begin(), paths.end());
  for (int i = 0; i < kThreads; ++i) EXPECT_EQ(BaseName(paths[i]), absl::StrFormat("%05d-same", i));
}

TEST(RunDirectoryTest, TwentyProcessesGetTwentyFolders) {
  const nn::ScratchDir folder;
  constexpr int kProcesses = 20;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const std::string description = absl::StrFormat("process%d", i);  // distinct names can collide only in the number
      _exit(RunDirectory::Create(folder.path(), description).ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::set<std::string> numbers;
  for (const std::string& name : folder.Names()) numbers.insert(name.substr(0, 5));
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kProcesses));
}

TEST(RunDirectoryTest, TheLockRefusesASecondWriter) {
  const nn::ScratchDir folder;
  std::string path;
  {
    RunDirectory run = Make(folder.path(), "run");
    path = run.path();
    const RunDirectory moved = std::move(run);  // the lock moves with it
    const absl::StatusOr<RunDirectory> second = RunDirectory::Open(path);
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(std::string(second.status().message()), HasSubstr("another process is training there"));
    EXPECT_THAT(std::string(second.status().message()), HasSubstr(path));
  }
  EXPECT_TRUE(RunDirectory::Open(path).ok()) << "free again";
}

TEST(RunDirectoryTest, ALockEndsWithItsProcess) {
  const nn::ScratchDir folder;
  const std::string path = Make(folder.path(), "run").path();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const absl::StatusOr<RunDirectory> run = RunDirectory::Open(path);
    const char answer = run.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(RunDirectory::Open(path).ok());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(RunDirectory::Open(path).ok()) << "a killed run leaves no lock behind";
  close(ready[0]);
  close(ready[1]);
}

TEST(RunDirectoryTest, OpenRemovesWhatAnInterruptedWriteLeft) {
  const nn::ScratchDir folder;
  folder.Write("network-snapshot-000004.safetensors", "good");
  folder.Write("network-snapshot-000008.safetensors.tmp.123.0", "half");
  folder.Write("log.txt", "a line\n");
  ASSERT_TRUE(RunDirectory::Open(folder.path()).ok());
  EXPECT_THAT(folder.Names(), ElementsAre("log.txt", "network-snapshot-000004.safetensors"));
  EXPECT_FALSE(RunDirectory::Open(folder.File("nowhere")).ok());
}

TEST(RunDirectoryTest, OpenRemovesTemporaryFilesOfTheRunOnly) {
  const nn::ScratchDir folder;
  for (const char* ours : {"training_options.json", "stats.jsonl", "reals.png", "fakes_init.png", "fakes000004.png",
                           "network-snapshot-000004.safetensors"}) {
    folder.Write(std::string(ours) + ".tmp.123.45", "half");
  }
  const std::vector<std::string> others = {"fakes-best.png.tmp.1.2", "my.tmp.notes.txt", "notes.tmp.1.2",
                                           "stats.jsonl.tmp.1.2.txt", "stats.jsonl.tmp.old"};
  for (const std::string& name : others) folder.Write(name, "a user's");
  ASSERT_TRUE(RunDirectory::Open(folder.path()).ok());
  EXPECT_EQ(folder.Names(), others);
}

TEST(RunDirectoryTest, CheckpointsAreListedNewestFirst) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (int64_t kimg : {8, 1000000, 0, 12}) Touch(run.CheckpointPath(kimg));
  for (const char* other :
       {"network-snapshot-.safetensors", "network-snapshot-000099.pt", "fakes000099.png",
        "network-snapshot-000099.safetensors.tmp.1.1", "network-snapshot-000099.safetensors.superseded"}) {
    Touch(run.File(other));
  }
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath(1000000), run.CheckpointPath(12),
                                                       run.CheckpointPath(8), run.CheckpointPath(0)));
  EXPECT_EQ(BaseName(run.CheckpointPath(4)), "network-snapshot-000004.safetensors");
  EXPECT_THAT(ListCheckpoints(folder.File("nowhere")), IsEmpty());
}

TEST(CheckpointAtTest, AFolderMeansItsNewestCheckpoint) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  const absl::StatusOr<std::string> none = CheckpointAt(run.path());
  EXPECT_EQ(none.status(), absl::NotFoundError(run.path() + ": no checkpoint in this folder"));
  for (int64_t kimg : {8, 12}) Touch(run.CheckpointPath(kimg));
  EXPECT_EQ(*CheckpointAt(run.path()), run.CheckpointPath(12));
  EXPECT_EQ(*CheckpointAt(run.CheckpointPath(8)), run.CheckpointPath(8));
  EXPECT_EQ(*CheckpointAt(folder.File("nowhere")), folder.File("nowhere")) << "whoever opens it will say so";
}

TEST(RunDirectoryTest, PruneKeepsTheNewest) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (int64_t kimg : {4, 8, 12, 16}) Touch(run.CheckpointPath(kimg));
  Touch(run.File("fakes000004.png"));
  ASSERT_TRUE(run.PruneCheckpoints(5).ok());
  EXPECT_EQ(ListCheckpoints(run.path()).size(), 4u);
  ASSERT_TRUE(run.PruneCheckpoints(2).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath(16), run.CheckpointPath(12)));
  EXPECT_TRUE(std::filesystem::exists(run.File("fakes000004.png")));
}

TEST(RunDirectoryTest, SetAsideRenamesWhatIsLater) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (int64_t kimg : {4, 8, 12, 1000000}) Touch(run.CheckpointPath(kimg));
  for (const char* other : {"fakes000012.png", "network-snapshot-best.safetensors"}) Touch(run.File(other));
  const std::string twelve = run.CheckpointPath(12) + ".superseded";
  std::ofstream(twelve) << "of an earlier resumption";

  absl::StatusOr<std::vector<std::string>> renamed = run.SetAsideCheckpointsAfter(8);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_THAT(*renamed, ElementsAre(run.CheckpointPath(1000000) + ".superseded", twelve));
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath(8), run.CheckpointPath(4)));
  EXPECT_EQ(folder.Read(BaseName(run.path()) + "/" + BaseName(twelve)), "x") << "the newer of the two";
  EXPECT_TRUE(std::filesystem::exists(run.File("fakes000012.png")));
  EXPECT_TRUE(std::filesystem::exists(run.File("network-snapshot-best.safetensors")));

  ASSERT_TRUE(run.PruneCheckpoints(1).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath(8)));
  EXPECT_TRUE(std::filesystem::exists(twelve)) << "not pruned";
  renamed = run.SetAsideCheckpointsAfter(8);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_THAT(*renamed, IsEmpty());
}

TEST(RunDirectoryTest, SetAsideFailsWithTheFile) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  Touch(run.CheckpointPath(8));
  std::filesystem::create_directory(run.CheckpointPath(8) + ".superseded");  // a directory, which no file can replace
  const absl::StatusOr<std::vector<std::string>> renamed = run.SetAsideCheckpointsAfter(4);
  ASSERT_FALSE(renamed.ok());
  EXPECT_THAT(std::string(renamed.status().message()), HasSubstr(run.CheckpointPath(8) + ": cannot rename it"));
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath(8)));
}

TEST(RunDirectoryTest, AppendLineAppends) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  ASSERT_TRUE(run.AppendLine("log.txt", "one").ok());
  ASSERT_TRUE(run.AppendLine("log.txt", "two").ok());
  EXPECT_EQ(folder.Read(BaseName(run.path()) + "/log.txt"), "one\ntwo\n");
  const absl::Status status = run.AppendLine("no/such/folder", "three");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("no/such/folder"));
}

TEST(TrimStatsTest, DropsLaterLinesAndATornOne) {
  const nn::ScratchDir folder;
  const std::string kept = "{\"step\":10,\"Loss/D/loss\":{\"mean\":1}}\n{\"step\":20}\n";
  const std::string path = folder.Write("stats.jsonl", kept + "{\"step\":30}\n{\"step\":40,\"Loss/D/lo");
  ASSERT_TRUE(TrimStats(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), kept);
  ASSERT_TRUE(TrimStats(path, 1000).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), kept) << "what is whole and old enough stays";
  ASSERT_TRUE(TrimStats(path, 0).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), "");
}

TEST(TrimStatsTest, AWholeLineWithoutItsLineBreakIsEnded) {
  const nn::ScratchDir folder;
  const std::string path = folder.Write("stats.jsonl", "{\"step\":10}\n{\"step\":20}");
  ASSERT_TRUE(TrimStats(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), "{\"step\":10}\n{\"step\":20}\n") << "the next line must not run on from it";
}

TEST(TrimStatsTest, LinesThatAreNotStatisticsGo) {
  const nn::ScratchDir folder;
  const std::string path = folder.Write(
      "stats.jsonl", "[1,2]\n\n{\"tick\":1}\n{\"step\":\"5\"}\n" + std::string(3, '\0') + "\n{\"step\":7}\n");
  ASSERT_TRUE(TrimStats(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), "{\"step\":7}\n");
}

TEST(TrimStatsTest, NoFileIsNoError) {
  const nn::ScratchDir folder;
  EXPECT_TRUE(TrimStats(folder.File("stats.jsonl"), 5).ok());
  EXPECT_THAT(folder.Names(), IsEmpty());
}

}  // namespace
}  // namespace sg::gan
