#include "gan/train/run_directory.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/io/fault_injection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string BaseName(const std::string& path) { return std::filesystem::path(path).filename(); }

constexpr char kOptions[] = R"({"model":{}})";

absl::StatusOr<std::vector<std::string>> SetAsideAfter(const RunDirectory& run, int64_t images) {
  const absl::StatusOr<std::vector<RunDirectory::Renaming>> renamings = run.RenamingsAfter(images);
  if (!renamings.ok()) return renamings.status();
  std::vector<std::string> renamed;
  const absl::Status status = run.SetAside(*renamings, &renamed);
  if (!status.ok()) return status;
  return renamed;
}

// Replaces the file by what is left of it.
absl::Status Trim(const std::string& path, int64_t step) {
  const absl::StatusOr<std::optional<std::string>> trimmed = TrimmedStats(path, step);
  if (trimmed.ok() && trimmed->has_value()) std::ofstream(path) << **trimmed;
  return trimmed.status();
}

// A line of statistics.
std::string Tick(const std::string& step) {
  return "{\"Loss/D/loss\":{\"mean\":1},\"step\":" + step + ",\"Progress/kimg\":4,\"timestamp\":1764500000}\n";
}

void Touch(const std::string& path) { std::ofstream(path).put('x'); }

// Creates the run of `description`, or fails the test.
RunDirectory Make(const std::string& outdir, const std::string& description) {
  absl::StatusOr<RunDirectory> run = RunDirectory::Create(outdir, description);
  SG_CHECK(run.ok()) << run.status();
  std::ofstream(run->File("training_options.json")) << kOptions;
  return *std::move(run);
}

TEST(RunDirectoryTest, NumbersGoOnFromTheHighest) {
  const nn::ScratchDir folder;
  const std::string outdir = folder.File("a/b");  // is created, too
  EXPECT_EQ(BaseName(Make(outdir, "one").path()), "00000-one");
  EXPECT_EQ(BaseName(Make(outdir, "two").path()), "00001-two");
  std::filesystem::create_directory(outdir + "/00041-elsewhere");
  std::filesystem::create_directory(outdir + "/notes");
  for (const char* dated : {"99-", "2026-11-29-copy", "20261129-backup", "000042-x"}) {
    std::filesystem::create_directory(outdir + "/" + dated);
  }
  EXPECT_EQ(BaseName(Make(outdir, "three").path()), "00042-three");
  std::filesystem::remove_all(outdir + "/00000-one");
  EXPECT_EQ(BaseName(Make(outdir, "four").path()), "00043-four") << "a free lower number is not reused";
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
    EXPECT_THAT(std::string(second.status().message()), HasSubstr(" is training there"));
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
  folder.Write("training_options.json", kOptions);
  folder.Write("network-snapshot-000004.safetensors", "good");
  folder.Write("network-snapshot-000008.safetensors.tmp.123.0", "half");
  folder.Write("log.txt", "a line\n");
  ASSERT_TRUE(RunDirectory::Open(folder.path()).ok());
  EXPECT_THAT(folder.Names(), ElementsAre("log.txt", "network-snapshot-000004.safetensors", "training_options.json"));
  EXPECT_FALSE(RunDirectory::Open(folder.File("nowhere")).ok());
}

TEST(RunDirectoryTest, OpenRemovesTemporaryFilesOfTheRunOnly) {
  const nn::ScratchDir folder;
  for (const char* ours :
       {"training_options.json", "stats.jsonl", "reals.png", "fakes_init.png", "fakes000004.png", "fakes000004_512.png",
        "fakes_nearest.png", "report.html", "network-snapshot-000004.safetensors",
        "network-snapshot-000004_512.safetensors", "network-snapshot-000004_512.diverged.safetensors"}) {
    folder.Write(std::string(ours) + ".tmp.123.45", "half");
  }
  const std::vector<std::string> others = {"fakes-best.png.tmp.1.2",  "my.tmp.notes.txt",    "notes.tmp.1.2",
                                           "stats.jsonl.tmp.1.2.txt", "stats.jsonl.tmp.old", "training_options.json"};
  for (const std::string& name : others) folder.Write(name, kOptions);
  ASSERT_TRUE(RunDirectory::Open(folder.path()).ok());
  EXPECT_EQ(folder.Names(), others);
}

TEST(RunDirectoryTest, OpenTouchesNothingInAFolderThatIsNoRun) {
  const nn::ScratchDir folder;
  folder.Write("network-snapshot-000004.safetensors", "a download");
  folder.Write("network-snapshot-000004.safetensors.tmp.1.2", "a user's");
  const absl::Status status = RunDirectory::Open(folder.path()).status();
  EXPECT_EQ(status, absl::FailedPreconditionError(
                        folder.path() + ": not the folder of a run: it has no training_options.json of this program"));
  EXPECT_EQ(folder.Names().size(), 2u);
  folder.Write("training_options.json", R"({"G_kwargs":{},"D_kwargs":{}})");
  EXPECT_EQ(RunDirectory::Open(folder.path()).status(), status) << "a run of another program";
  EXPECT_EQ(folder.Names().size(), 3u);
}

TEST(RunDirectoryTest, NoLinkInARunIsFollowed) {
  for (const char* name : {"log.txt", "stats.jsonl", "metric-swd.jsonl", "reals.png", "fakes000004.png",
                           "network-snapshot-000004.safetensors"}) {
    const nn::ScratchDir folder;
    folder.Write("victim", "a user's");
    std::filesystem::create_directory(folder.File("run"));
    folder.Write("run/training_options.json", kOptions);
    std::filesystem::create_symlink("../victim", folder.File(std::string("run/") + name));
    const absl::Status status = RunDirectory::Open(folder.File("run")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << name;
    EXPECT_THAT(std::string(status.message()), testing::StartsWith(folder.File(std::string("run/") + name)));
    EXPECT_EQ(folder.Read("victim"), "a user's");
  }
}

TEST(RunDirectoryTest, AnOptionsFileThatIsALinkIsNoRun) {
  const nn::ScratchDir folder;
  folder.Write("victim", kOptions);
  std::filesystem::create_directory(folder.File("run"));
  std::filesystem::create_symlink("../victim", folder.File("run/training_options.json"));
  EXPECT_FALSE(RunDirectory::Open(folder.File("run")).ok());
}

TEST(RunDirectoryTest, APipeAsLogIsRefusedWithoutWaiting) {
  const nn::ScratchDir folder;
  folder.Write("training_options.json", kOptions);
  ASSERT_EQ(mkfifo(folder.File("log.txt").c_str(), 0600), 0);
  EXPECT_EQ(RunDirectory::Open(folder.path()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RunDirectoryTest, AMovedRunLeavesItsSuccessorAlone) {
  const nn::ScratchDir folder;
  const RunDirectory moved = Make(folder.path(), "run");
  std::filesystem::rename(moved.path(), folder.File("elsewhere"));
  const RunDirectory successor = Make(folder.path(), "run");
  ASSERT_EQ(successor.path(), moved.path());
  Touch(successor.CheckpointPath("000001"));
  EXPECT_TRUE(successor.CheckPlace().ok());
  EXPECT_EQ(moved.CheckPlace().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(moved.PruneCheckpoints(0, {}).ok());
  EXPECT_FALSE(moved.AppendLine("log.txt", "a line").ok());
  EXPECT_FALSE(SetAsideAfter(moved, 0).ok());
  EXPECT_TRUE(std::filesystem::exists(successor.CheckpointPath("000001")));
  EXPECT_FALSE(std::filesystem::exists(successor.File("log.txt")));
}

TEST(RunDirectoryTest, ARunsFolderHoldsNoRuns) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "one");
  EXPECT_EQ(RunDirectory::Create(run.path(), "two").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RunDirectoryTest, TheHighestNumberIsNoEnd) {
  const nn::ScratchDir folder;
  std::filesystem::create_directory(folder.File("99999-backup"));
  EXPECT_EQ(BaseName(Make(folder.path(), "run").path()), "00000-run");
  EXPECT_EQ(BaseName(Make(folder.path(), "run").path()), "00001-run");
}

TEST(RunDirectoryTest, WhatWasSetAsideBeforeStays) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  const std::string path = run.CheckpointPath("000002");
  for (const char* state : {"first", "second", "third"}) {
    std::ofstream(path) << state;
    ASSERT_TRUE(SetAsideAfter(run, 1000).ok());
  }
  const std::string name = std::filesystem::relative(path, folder.path()).string();
  EXPECT_EQ(folder.Read(name + ".superseded"), "first");
  EXPECT_EQ(folder.Read(name + ".superseded.2"), "second");
  EXPECT_EQ(folder.Read(name + ".superseded.3"), "third");
  EXPECT_THAT(ListCheckpoints(run.path()), IsEmpty());
}

TEST(RunDirectoryTest, ANameTooLongToSetAsideIsAnError) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  Touch(run.CheckpointPath(std::string(220, '0') + "9"));
  EXPECT_FALSE(SetAsideAfter(run, 0).ok());
}

TEST(SnapshotNumberTest, TellsTheStatesOfAThousandImagesApart) {
  EXPECT_EQ(SnapshotNumber(0, 8), "000000");
  EXPECT_EQ(SnapshotNumber(4000, 8), "000004");
  EXPECT_EQ(SnapshotNumber(4008, 8), "000004_008");
  EXPECT_EQ(SnapshotNumber(4032, 64), "000004") << "the first of the thousand";
  EXPECT_EQ(SnapshotNumber(4096, 64), "000004_096");
  EXPECT_EQ(SnapshotNumber(6000, 3000), "000006");
  EXPECT_EQ(SnapshotNumber(1000000008, 8), "1000000_008");
  for (int64_t batch : {1, 7, 64, 999, 1000, 4096}) {
    const nn::ScratchDir folder;
    const RunDirectory run = Make(folder.path(), "run");
    std::vector<std::string> by_age;
    for (int64_t images = 0; images < 3 * 4096; images += batch) {
      by_age.push_back(run.CheckpointPath(SnapshotNumber(images, batch)));
      if (batch > 1) Touch(by_age.back());
    }
    EXPECT_TRUE(std::is_sorted(by_age.begin(), by_age.end())) << "by name, batch " << batch;
    EXPECT_EQ(std::adjacent_find(by_age.begin(), by_age.end()), by_age.end()) << "batch " << batch;
    if (batch == 1) continue;
    std::reverse(by_age.begin(), by_age.end());
    EXPECT_EQ(ListCheckpoints(run.path()), by_age) << "batch " << batch;
  }
}

TEST(RunNumberTest, IsOfTheNamesThatCreateMakes) {
  EXPECT_EQ(RunNumber("00003-quick"), 3);
  EXPECT_EQ(RunNumber("00003-"), 3);
  for (const char* other : {"00003", "0003-quick", "000003-quick", "backup-good", "2026-11-29-copy", "20261129-copy",
                            "+0003-x", "", "copy of 00003-quick"}) {
    EXPECT_EQ(RunNumber(other), std::nullopt) << other;
  }
}

TEST(RunDirectoryTest, CheckpointsAreListedNewestFirst) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (const char* number : {"000008", "1000000", "000000", "000012"}) Touch(run.CheckpointPath(number));
  for (const char* other :
       {"network-snapshot-.safetensors", "network-snapshot-000099.pt", "fakes000099.png",
        "network-snapshot-000099.safetensors.tmp.1.1", "network-snapshot-000099.safetensors.superseded",
        "network-snapshot-000099.diverged.safetensors", "network-snapshot-99999999999999999999.safetensors",
        "network-snapshot-000099_1.safetensors", "network-snapshot-+00099.safetensors"}) {
    Touch(run.File(other));
  }
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("1000000"), run.CheckpointPath("000012"),
                                                       run.CheckpointPath("000008"), run.CheckpointPath("000000")));
  EXPECT_EQ(BaseName(run.CheckpointPath("000004")), "network-snapshot-000004.safetensors");
  EXPECT_THAT(ListCheckpoints(folder.File("nowhere")), IsEmpty());
}

TEST(CheckpointAtTest, AFolderMeansItsNewestCheckpoint) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  const absl::StatusOr<std::string> none = CheckpointAt(run.path());
  EXPECT_EQ(none.status(), absl::NotFoundError(run.path() + ": no checkpoint in this folder"));
  for (const char* number : {"000004", "000008"}) Touch(run.DivergedPath(number));
  Touch(run.CheckpointPath("000012") + ".superseded");
  const std::string passed_over = run.path() +
                                  ": no checkpoint in this folder; these do not count: "
                                  "network-snapshot-000004.diverged.safetensors, "
                                  "network-snapshot-000008.diverged.safetensors, "
                                  "network-snapshot-000012.safetensors.superseded";
  EXPECT_EQ(NoCheckpoint(run.path()), absl::NotFoundError(passed_over));
  Touch(run.CheckpointPath("000016") + ".bak");
  EXPECT_EQ(NoCheckpoint(run.path()), absl::NotFoundError(passed_over + " and 1 more"));
  for (const char* number : {"000008", "000012"}) Touch(run.CheckpointPath(number));
  EXPECT_EQ(*CheckpointAt(run.path()), run.CheckpointPath("000012"));
  EXPECT_EQ(*CheckpointAt(run.CheckpointPath("000008")), run.CheckpointPath("000008"));
  EXPECT_EQ(*CheckpointAt(folder.File("nowhere")), folder.File("nowhere")) << "whoever opens it will say so";
}

TEST(RunDirectoryTest, PruneKeepsTheNewest) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (const char* number : {"000004", "000008", "000012", "000016"}) Touch(run.CheckpointPath(number));
  Touch(run.File("fakes000004.png"));
  ASSERT_TRUE(run.PruneCheckpoints(5, {}).ok());
  EXPECT_EQ(ListCheckpoints(run.path()).size(), 4u);
  ASSERT_TRUE(run.PruneCheckpoints(2, {}).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000016"), run.CheckpointPath("000012")));
  EXPECT_TRUE(std::filesystem::exists(run.File("fakes000004.png")));
  ASSERT_TRUE(run.PruneCheckpoints(1, {run.CheckpointPath("000012")}).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000016"), run.CheckpointPath("000012")));
}

TEST(RunDirectoryTest, SetAsideRenamesWhatIsLater) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (const char* number : {"000004", "000008", "000012", "1000000"}) Touch(run.CheckpointPath(number));
  for (const char* other : {"fakes000012.png", "network-snapshot-best.safetensors"}) Touch(run.File(other));
  const std::string twelve = run.CheckpointPath("000012") + ".superseded";
  std::ofstream(twelve) << "of an earlier resumption";

  absl::StatusOr<std::vector<std::string>> renamed = SetAsideAfter(run, 8000);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_THAT(*renamed, ElementsAre(run.CheckpointPath("1000000") + ".superseded", twelve + ".2"));
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000008"), run.CheckpointPath("000004")));
  EXPECT_EQ(folder.Read(BaseName(run.path()) + "/" + BaseName(twelve)), "of an earlier resumption");
  EXPECT_TRUE(std::filesystem::exists(run.File("fakes000012.png")));
  EXPECT_TRUE(std::filesystem::exists(run.File("network-snapshot-best.safetensors")));

  ASSERT_TRUE(run.PruneCheckpoints(1, {}).ok());
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000008")));
  EXPECT_TRUE(std::filesystem::exists(twelve)) << "not pruned";
  renamed = SetAsideAfter(run, 8000);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_THAT(*renamed, IsEmpty());
}

TEST(RunDirectoryTest, SetAsideFailsWithTheFile) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  Touch(run.CheckpointPath("000008"));
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kRename};
  plan.error = EIO;
  const absl::StatusOr<std::vector<std::string>> renamed = [&] {
    const io::FaultInjection faults(plan);
    return SetAsideAfter(run, 4000);
  }();
  ASSERT_FALSE(renamed.ok());
  EXPECT_THAT(std::string(renamed.status().message()), HasSubstr(run.CheckpointPath("000008") + ": cannot rename it"));
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000008")));
}

TEST(RunDirectoryTest, SetAsideRenamesWhatItCan) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (const char* name : {"a", "b", "c"}) Touch(run.File(name));
  std::filesystem::create_directory(run.File("in the way"));
  std::vector<std::string> renamed;
  const absl::Status status = run.SetAside({{run.File("a"), run.File("a.aside")},
                                            {run.File("none"), run.File("none.aside")},
                                            {run.File("b"), run.File("in the way")},
                                            {run.File("c"), run.File("c.aside")}},
                                           &renamed);
  EXPECT_THAT(std::string(status.message()), HasSubstr(run.File("b") + ": cannot rename it"));
  EXPECT_THAT(renamed, ElementsAre(run.File("a.aside"), run.File("c.aside")));
  for (const std::string& path : renamed) EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

TEST(RunDirectoryTest, SetAsideIsDurable) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  Touch(run.File("a"));
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kSync};
  plan.error = EIO;
  std::vector<std::string> renamed;
  {
    const io::FaultInjection faults(plan);
    EXPECT_EQ(run.SetAside({{run.File("a"), run.File("b")}}, &renamed).message(),
              run.path() + ": cannot sync the folder: Input/output error");
  }
  EXPECT_THAT(renamed, ElementsAre(run.File("b"))) << "renamed, though perhaps not for good";
}

TEST(RunDirectoryTest, PruneRemovesWhatItCan) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  for (const char* number : {"000004", "000008", "000012", "000016"}) Touch(run.CheckpointPath(number));
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kUnlink};
  plan.error = EIO;
  {
    const io::FaultInjection faults(plan);  // the first that it removes: 000012
    EXPECT_THAT(std::string(run.PruneCheckpoints(1, {}).message()), HasSubstr("000012.safetensors: cannot remove it"));
  }
  EXPECT_THAT(ListCheckpoints(run.path()), ElementsAre(run.CheckpointPath("000016"), run.CheckpointPath("000012")));
}

TEST(RunDirectoryTest, AFolderThatCannotBeListedIsNoEmptyOne) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  Touch(run.CheckpointPath("000004"));
  io::FaultPlan plan;
  plan.calls = {io::SystemCall::kReadDirectory};
  plan.error = EIO;
  plan.every = 1;
  const io::FaultInjection faults(plan);
  const std::string message = run.path() + ": cannot list the folder: Input/output error";
  EXPECT_EQ(CheckpointAt(run.path()).status().message(), message);
  EXPECT_EQ(SetAsideAfter(run, 0).status().message(), message);
  EXPECT_EQ(run.PruneCheckpoints(1, {}).message(), message);
  EXPECT_THAT(std::string(RunDirectory::Create(folder.path(), "next").status().message()),
              HasSubstr("cannot list the folder"));
}

TEST(RunDirectoryTest, AppendLineEndsATornLineFirst) {
  const nn::ScratchDir folder;
  const RunDirectory run = Make(folder.path(), "run");
  const std::string name = BaseName(run.path()) + "/stats.jsonl";
  ASSERT_TRUE(run.AppendLine("stats.jsonl", "{\"step\":1}").ok());
  {
    io::FaultPlan plan;
    plan.calls = {io::SystemCall::kWrite};
    plan.max_bytes = 5;
    const io::FaultInjection short_write(plan);
    ASSERT_TRUE(run.AppendLine("stats.jsonl", "{\"step\":2}").ok()) << "a short write is continued";
  }
  std::ofstream(run.File("stats.jsonl"), std::ios::app) << "{\"ste";
  ASSERT_TRUE(run.AppendLine("stats.jsonl", "{\"step\":3}").ok());
  EXPECT_EQ(folder.Read(name), "{\"step\":1}\n{\"step\":2}\n{\"ste\n{\"step\":3}\n");
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

TEST(TrimmedStatsTest, DropsLaterLinesAndATornOne) {
  const nn::ScratchDir folder;
  const std::string kept = Tick("10") + Tick("20");
  const std::string path = folder.Write("stats.jsonl", kept + Tick("30") + "{\"step\":40,\"Loss/D/lo");
  ASSERT_TRUE(Trim(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), kept);
  EXPECT_EQ(*TrimmedStats(path, 1000), std::nullopt) << "what is whole and old enough stays";
  ASSERT_TRUE(Trim(path, 0).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), "");
}

TEST(TrimmedStatsTest, AWholeLineWithoutItsLineBreakIsEnded) {
  const nn::ScratchDir folder;
  const std::string whole = Tick("10") + Tick("20");
  const std::string path = folder.Write("stats.jsonl", whole.substr(0, whole.size() - 1));
  ASSERT_TRUE(Trim(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), whole) << "the next line must not run on from it";
}

TEST(TrimmedStatsTest, LinesOfOtherProgramsStay) {
  const nn::ScratchDir folder;
  const std::string others = "[1,2]\n\n{\n  \"a\": 1\n}\n{\"tick\":1}\n{\"step\":\"5\"}\n{\"step\":-1}\n" +
                             std::string(3, '\0') + "\n" + std::string(1 << 20, '{') + "\n" +
                             R"({"results":{"fid50k_full":5.1},"metric":"fid50k_full","snapshot_pkl":"x.pkl"})" + "\n" +
                             R"({"step":500,"note":"learning rate halved"})" + "\n" +
                             R"({"step":500,"timestamp":1764500000,"loss":0.5})" + "\n" +
                             R"({"step":500,"metric":"mine","value":3})" + "\n" + Tick("-1") + Tick("\"500\"");
  const std::string metric = R"({"metric":"swd","results":{"swd":1},"step":STEP,"timestamp":1764500000})";
  const std::string path =
      folder.Write("stats.jsonl", others + Tick("18446744073709551615") + "{\"step\":7,\"a\n" +
                                      absl::StrReplaceAll(metric, {{"STEP", "21"}}) + "\n" + Tick("7"));
  ASSERT_TRUE(Trim(path, 20).ok());
  EXPECT_EQ(folder.Read("stats.jsonl"), others + Tick("7")) << "later and torn lines go";
}

TEST(TrimmedStatsTest, AFileBeyondAllStatisticsIsRefusedByName) {
  const nn::ScratchDir folder;
  const std::string path = folder.Write("stats.jsonl", "");
  std::filesystem::resize_file(path, uintmax_t{1} << 40);
  const absl::Status trimmed = Trim(path, 20);
  EXPECT_EQ(trimmed.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(trimmed.message()), testing::StartsWith(path));
}

TEST(TrimmedStatsTest, NoFileIsNoError) {
  const nn::ScratchDir folder;
  EXPECT_EQ(*TrimmedStats(folder.File("stats.jsonl"), 5), std::nullopt);
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST(ListSheets, ByAge) {
  const nn::ScratchDir folder;
  for (const char* name : {"fakes000010.png", "fakes000002.png", "fakes000002_512.png", "fakes000000.png",
                           "fakes_init.png", "fakes.png", "fakes_nearest.png", "fakes0.jpg", "reals.png"}) {
    folder.Write(name, "x");
  }
  std::vector<std::string> names;
  std::vector<int64_t> images;
  for (const Sheet& sheet : ListSheets(folder.path())) {
    names.push_back(sheet.name);
    images.push_back(sheet.images);
  }
  EXPECT_THAT(names, ElementsAre("fakes_init.png", "fakes000000.png", "fakes000002.png", "fakes000002_512.png",
                                 "fakes000010.png"));
  EXPECT_THAT(images, ElementsAre(0, 0, 2000, 2512, 10000));
  EXPECT_THAT(ListSheets(folder.File("nowhere")), IsEmpty());
}

TEST(ListStatsFiles, SortedAndNoOthers) {
  const nn::ScratchDir folder;
  for (const char* name :
       {"stats.jsonl", "metric-swd.jsonl", "metric-a.json", "x.jsonl", "metric-kid_efflite0.jsonl"}) {
    folder.Write(name, "x");
  }
  EXPECT_THAT(ListStatsFiles(folder.path()).value(),
              ElementsAre("metric-kid_efflite0.jsonl", "metric-swd.jsonl", "stats.jsonl"));
  EXPECT_THAT(ListStatsFiles(folder.File("nowhere")).status().message(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace sg::gan
